# liqolab: tags @journey
@journey
Feature: When Naples disappears
  Venice has pods in Naples. First a cable is cut, then all of Naples loses its power. What Venice sees of it, what it does by
  itself and when, and what is left to do for people.

  @step:provision
  Scenario: Make two clusters with Liqo
    When I run:
      """
      ./setup.sh
      """
    Then Liqo is installed in cluster "venice"
    And Liqo is installed in cluster "naples"
    When I run:
      """
      export KUBECONFIG="$PWD/liqo_kubeconf_venice"
      export KUBECONFIG_NAPLES="$PWD/liqo_kubeconf_naples"
      """
    And I run "liqoctl status"
    Then the output contains "Cluster Name: venice"
    When I run "liqoctl status --kubeconfig $KUBECONFIG_NAPLES"
    Then the output contains "Cluster Name: naples"

  @step:peer
  Scenario: Peer Venice with Naples
    Given the lesson has reached "provision"
    When I run:
      """
      PEER_NAPLES=$(liqoctl generate peer-command --only-command --kubeconfig $KUBECONFIG_NAPLES)
      """
    And I run:
      """
      echo "$PEER_NAPLES" | bash
      """
    Then the command succeeds
    And the output does not contain "command not found"
    And cluster "venice" is peered with cluster "naples"
    And cluster "naples" is not peered with cluster "venice"

  @step:deploy
  Scenario: Send somebody to Naples
    Given the lesson has reached "peer"
    When I run:
      """
      kubectl create namespace liqo-demo
      liqoctl offload namespace liqo-demo --namespace-mapping-strategy EnforceSameName
      """
    Then namespace "liqo-demo" in cluster "venice" is offloaded to cluster "naples"
    And namespace "liqo-demo" exists in cluster "naples"
    When I run:
      """
      kubectl apply -f manifests/patient.yaml -n liqo-demo
      """
    Then deployment "patient" in namespace "liqo-demo" in cluster "venice" is Available
    And a pod matching "app=patient" in namespace "liqo-demo" in cluster "venice" runs on node "liqo-naples"

  # liqolab: ignore scenario-long
  @step:cut
  Scenario: Cut the cable
    Given the lesson has reached "deploy"
    When I run:
      """
      liqolab chaos cut venice-naples
      """
    And I run "kubectl wait node/liqo-naples --for=condition=Ready=False --timeout=60s"
    Then the output contains "node/liqo-naples condition met"
    When I run "kubectl get foreignclusters"
    Then the output is a table with:
      | NAME   | OUTGOING PEERING | NETWORKING |
      | naples | Established      | Pending    |
    When I run "kubectl get pods -n liqo-demo --kubeconfig $KUBECONFIG_NAPLES"
    Then the output is a table with:
      | NAME         | READY | STATUS  | RESTARTS |
      | /patient-.*/ | 1/1   | Running | 0        |
    When I run:
      """
      liqolab chaos heal venice-naples
      """
    And I run "kubectl wait node/liqo-naples --for=condition=Ready --timeout=60s"
    Then the output contains "node/liqo-naples condition met"
    And cluster "venice" is peered with cluster "naples" within 60s
    And pods matching "app=patient" offloaded from cluster "venice" in namespace "liqo-demo" run in cluster "naples"

  # liqolab: ignore scenario-long
  @step:kill
  Scenario: Naples is gone
    Given the lesson has reached "cut"
    When I run:
      """
      kubectl apply -f manifests/impatient.yaml -n liqo-demo
      kubectl rollout status deployment/impatient -n liqo-demo --timeout=60s
      """
    And I run "kubectl get pods -n liqo-demo -o wide"
    Then the output is a table with:
      | NAME           | READY | STATUS  | NODE        |
      | /impatient-.*/ | 1/1   | Running | liqo-naples |
      | /patient-.*/   | 1/1   | Running | liqo-naples |
    When I run:
      """
      liqolab chaos kill naples
      """
    And I run "kubectl wait node/liqo-naples --for=condition=Ready=Unknown --timeout=90s"
    Then the output contains "node/liqo-naples condition met"
    And a pod matching "app=impatient" in namespace "liqo-demo" in cluster "venice" runs on node "venice-control-plane" within 60s
    When I run "kubectl get pods -n liqo-demo -o wide"
    Then the output matches:
      """
      (?s).*impatient-\S+ +1/1 +Running +0 +\S+ +10\.200\.\S+ +venice-control-plane.*\spatient-.* liqo-naples .*
      """
    When I run:
      """
      liqolab chaos heal naples
      """
    And I run "kubectl wait node/liqo-naples --for=condition=Ready --timeout=90s"
    Then the output contains "node/liqo-naples condition met"
    And pods matching "app=patient" offloaded from cluster "venice" in namespace "liqo-demo" run in cluster "naples" within 60s
    And no pod matching "app=impatient" in namespace "liqo-demo" in cluster "naples" exists within 60s

  @step:home
  Scenario: Take everybody home
    Given the lesson has reached "kill"
    When I run:
      """
      liqoctl unoffload namespace liqo-demo
      """
    Then namespace "liqo-demo" does not exist in cluster "naples"
    And a pod matching "app=patient" in namespace "liqo-demo" in cluster "venice" runs on node "venice-control-plane"
    When I run:
      """
      liqoctl unpeer out-of-band naples
      """
    Then cluster "venice" is not peered with cluster "naples"
    And no node matching "liqo.io/type=virtual-node" exists in cluster "venice"

  @step:destroy
  Scenario: Destroy the clusters
    Given the lesson has reached "home"
    When I run:
      """
      kind delete cluster --name venice
      kind delete cluster --name naples
      """
    Then cluster "venice" does not exist
    And cluster "naples" does not exist
