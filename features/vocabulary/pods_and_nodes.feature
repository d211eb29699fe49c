# It shows sentences rather than telling a story, so its scenarios are long.
# liqolab: ignore scenario-long
Feature: Pods and nodes
  Where pods are, why they are not, what is said of them, what they print and whom they reach.

  Background:
    Given a playground from scenario "offloading-with-policies"
    And I am using cluster "venice"

  Scenario: A pod finds its node
    When I apply:
      """
      apiVersion: v1
      kind: Pod
      metadata: {name: web, labels: {app: web}}
      spec: {containers: [{name: web, image: nginx}]}
      """
    Then pod "web" is Running within 20s
    And pod "web" is Scheduled
    And pod "web" is not Failed
    And pod "web" stays Running for 1s
    And pod "web" never is Pending within 1s
    And pod "web" is scheduled on node "venice-control-plane"
    And pod "web" is scheduled on a physical node
    And a pod matching "app=web" is scheduled on node "venice-control-plane"
    And a pod matching "app=web" runs on node "venice-control-plane"
    And a pod matching "app=web" runs on one of "venice-control-plane, liqo-naples"
    And a pod matching "app=web" has an address in "10.200.0.0/16"
    And no pod is on node "liqo-naples"
    And no Warning events for pod "web" exist immediately

  Scenario: A pod that asks for what no node has
    When I apply:
      """
      apiVersion: v1
      kind: Pod
      metadata: {name: picky, labels: {app: picky}}
      spec:
        containers: [{name: web, image: nginx}]
        affinity:
          nodeAffinity:
            requiredDuringSchedulingIgnoredDuringExecution:
              nodeSelectorTerms:
                - matchExpressions: [{key: disk, operator: In, values: [ssd]}]
      """
    Then pod "picky" is unschedulable because "didn't match Pod's node affinity/selector"
    And a pod matching "app=picky" is unschedulable because "node(s) didn't match"
    And pod "picky" has node affinity requiring "disk In (ssd)"
    And an event "FailedScheduling" for pod "picky" mentions "affinity"
    And pod "picky" stays Pending for 1s
    When I label node "venice-control-plane" with "disk=ssd"
    Then pod "picky" is Running within 20s

  Scenario: What a pod prints
    When I apply:
      """
      apiVersion: v1
      kind: Pod
      metadata: {name: talker}
      spec:
        restartPolicy: Never
        containers:
          - name: talker
            image: busybox
            command: [sh, -c, "echo starting; sleep 1; echo all is ready"]
      """
    Then logs of pod "talker" contain "is ready" within 20s
    And logs of pod "talker" never contain "panic" for 1s
    And pod "talker" is Succeeded within 20s

  Scenario: A pod reaches a service, and another one not
    When I apply:
      """
      apiVersion: v1
      kind: Pod
      metadata: {name: web, labels: {app: web}}
      spec: {containers: [{name: web, image: nginx, ports: [{containerPort: 80}]}]}
      ---
      apiVersion: v1
      kind: Service
      metadata: {name: web}
      spec: {selector: {app: web}, ports: [{port: 80}]}
      ---
      apiVersion: v1
      kind: Service
      metadata: {name: nobody}
      spec: {selector: {app: nobody}, ports: [{port: 80}]}
      """
    And I remember field "{.spec.clusterIP}" of service "web" as "address"
    Then pod "web" is Ready within 20s
    And pod "web" can reach service "web:80" within 20s
    And pod "web" cannot reach service "nobody:80" within 20s
    When I send 5 requests from pod "web" to service "{address}:80"
    Then at least 95% succeed

  Scenario: A node that is to be left alone
    When I taint node "venice-control-plane" with "upgrade=soon:PreferNoSchedule"
    And I cordon node "venice-control-plane"
    Then node "venice-control-plane" has field "{.spec.unschedulable}" = "true"
    And node "venice-control-plane" has field "{.spec.taints[*].key}" contains "upgrade"
    When I uncordon node "venice-control-plane"
    Then node "venice-control-plane" is Ready

  Scenario: The manifest of a lesson
    When I apply manifest "manifests/deploy.yaml" to namespace "{namespace}" in cluster "florence"
    Then deployment "app-south" in cluster "florence" exists
    And exactly 2 deployments in namespace "{namespace}" in cluster "florence" exist
