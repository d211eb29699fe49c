Feature: Commands, blocks and remembered values
  What is typed into a bash and what it answers; several checks that hold together; values for later sentences.

  Background:
    Given a playground from scenario "offloading-with-policies"

  Scenario: Commands and their answers
    When I run "kubectl get namespaces" in cluster "venice"
    Then the command succeeds
    And the output contains "kube-system"
    And the output does not contain "Error"
    And the output is a table with:
      | NAME         | STATUS |
      | kube-system  | Active |
      | /kube-pub.*/ | Active |
    When I try in cluster "venice":
      """
      kubectl get namespace nowhere
      """
    Then the command fails with exit code 1
    And the command is rejected with "NotFound"
    And the output matches:
      """
      Error from server \(NotFound\): namespaces "nowhere" not found
      """
    When I run in cluster "naples":
      """
      answer=$(kubectl get node naples-control-plane -o name)
      echo "it is $answer"
      """
    Then the output contains:
      """
      it is node/naples-control-plane
      """

  Scenario: Several checks that hold together
    Given I am using cluster "venice"
    When I apply:
      """
      apiVersion: v1
      kind: Pod
      metadata: {name: web, labels: {app: web}}
      spec: {containers: [{name: web, image: nginx}]}
      """
    Then within 20s all of:
      """
      Then pod "web" is Running
      And exactly 1 pods matching "app=web" are Ready
      And pod "web" has fields:
        | path            | operator | value   |
        | .status.podIP   | matches  | 10\..*  |
      And pod "web" matches:
        ```
        spec: {nodeName: venice-control-plane}
        ```
      """

  Scenario: Values for later
    Given I am using cluster "venice"
    When I apply:
      """
      apiVersion: v1
      kind: Pod
      metadata: {name: web, labels: {app: web}}
      spec: {containers: [{name: web, image: nginx}]}
      """
    And I remember field "{.status.podIP}" of pod "web" as "podIP"
    And I remember the name of a pod matching "app=web" as "pod"
    And I remember "app={pod}" as "selector"
    Then pod "{pod}" has field "{.status.podIP}" = "{podIP}"
    And every pod matching "{selector}" matches:
      """
      metadata: {name: "{pod}"}
      status: {podIP: "{podIP}"}
      """
    When I run "kubectl get pod {pod} -n {namespace} -o jsonpath='{.spec.nodeName}'"
    And I remember the output as "node"
    Then pod "web" is scheduled on node "{node}"
