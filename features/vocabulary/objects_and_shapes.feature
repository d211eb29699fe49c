# It shows sentences rather than telling a story, so its scenarios are long.
# liqolab: ignore scenario-long
Feature: Objects and their shape
  What is there, how many of it, in which state, and what it looks like. Each scenario has a namespace of its own.

  Background:
    Given a playground from scenario "offloading-with-policies"
    And I am using cluster "venice"

  Scenario: A deployment from its manifest to its removal
    When I apply:
      """
      apiVersion: apps/v1
      kind: Deployment
      metadata:
        name: web
        labels: {app: web}
        annotations: {team: docs}
      spec:
        replicas: 2
        selector: {matchLabels: {app: web}}
        template:
          metadata: {labels: {app: web}}
          spec: {containers: [{name: web, image: nginx}]}
      """
    Then deployment "web" is Available within 20s
    And deployment "web" has condition "Available" = "True" with reason "MinimumReplicasAvailable"
    And deploy "web" exists
    And exactly 2 pods matching "app=web" exist
    And exactly 2 pods matching "app=web" are Running within 20s
    And at least 2 pods matching "app=web" are Running
    And at most 2 pods matching "app=web" are Running
    And at least 1 pods matching "app=web" exist
    And at most 2 pods matching "app=web" exist immediately
    And a pod matching "app=web" is Running
    And every pod matching "app=web" is Ready within 20s
    And deployment "web" has label "app=web"
    And deployment "web" does not have label "app=db"
    And deployment "web" has annotation "team=docs"
    And deployment "web" has field "{.spec.replicas}" = "2"
    And deployment "web" has field ".status.readyReplicas" >= "2"
    And deployment.apps "web" has fields:
      | path                                              | operator | value     |
      | .spec.template.spec.containers[0].image           | =        | nginx     |
      | .spec.template.spec.containers[*].name            | contains | web       |
      | .metadata.annotations.team                        | !=       | marketing |
      | .status.conditions[?(@.type=="Available")].status | matches  | T.*e      |
    And deployment "web" matches:
      """
      spec:
        replicas: 2
        template:
          spec:
            containers:
              - image: /ngin.*/
      """
    And deployment "web" does not match:
      """
      spec:
        paused: true
      """
    And every pod matching "app=web" matches:
      """
      status:
        phase: Running
      """
    When I scale deployment "web" to 1 replicas
    Then exactly 1 pods matching "app=web" exist within 20s
    When I delete deployment "web"
    Then deployment "web" does not exist immediately
    And no pod matching "app=web" exists within 20s

  Scenario: Changes to one object
    When I apply:
      """
      apiVersion: v1
      kind: ConfigMap
      metadata: {name: settings}
      data: {colour: blue}
      """
    And I patch configmap "settings" with:
      """
      data: {colour: green, size: large}
      """
    And I label configmap "settings" with "tier=front,team=docs"
    And I annotate cm "settings" with "liqolab.test/note=seen"
    Then configmap "settings" has field "{.data.colour}" = "green"
    And configmap "settings" has label "tier=front"
    And configmap "settings" has annotation "liqolab.test/note"
    And configmap "settings" never has field "{.data.colour}" = "blue" within 1s

  Scenario: What a cluster refuses
    Then cluster "venice" rejects with "spec.replicas":
      """
      apiVersion: apps/v1
      kind: Deployment
      metadata: {name: web, namespace: default}
      spec:
        replicas: -1
        selector: {matchLabels: {app: web}}
        template:
          metadata: {labels: {app: web}}
          spec: {containers: [{name: web, image: nginx}]}
      """
    And deployment "web" does not exist in namespace "default" in cluster "venice"
    And cluster "venice" knows no kind of group "example.com"
    And cluster "rome" does not exist

  Scenario: A namespace of one's own, and nothing of it left
    Given I have noted what every cluster holds
    When I create namespace "team-{namespace}" in cluster "naples"
    And I apply to namespace "team-{namespace}" in cluster "naples":
      """
      apiVersion: v1
      kind: ConfigMap
      metadata: {name: settings}
      """
    Then configmap "settings" exists in namespace "team-{namespace}" in cluster "naples"
    And namespace "team-{namespace}" in cluster "naples" is Active
    When I delete namespace "team-{namespace}" in cluster "naples"
    Then cluster "naples" has no residue of namespace "team-{namespace}"
    And every cluster is as it was before the scenario
