# liqolab: tags @journey
@journey
Feature: State that stays
  A diary is kept in Lyon, by a pod of Turin's. Its volume was made where the pod ran first, and every pod after it has to go
  where the data is, whatever it would prefer; until the volume itself is moved home.

  @step:provision
  Scenario: Make two clusters with Liqo
    When I run:
      """
      ./setup.sh
      """
    Then Liqo is installed in cluster "turin"
    And Liqo is installed in cluster "lyon"
    When I run:
      """
      export KUBECONFIG="$PWD/liqo_kubeconf_turin"
      export KUBECONFIG_LYON="$PWD/liqo_kubeconf_lyon"
      """
    And I run "kubectl get storageclass"
    Then the output contains "liqo.io/storage"
    When I run "liqoctl status"
    Then the output contains "Cluster Name: turin"
    When I run "liqoctl status --kubeconfig $KUBECONFIG_LYON"
    Then the output contains "Cluster Name: lyon"

  @step:peer
  Scenario: Peer Turin with Lyon
    Given the lesson has reached "provision"
    When I run:
      """
      PEER_LYON=$(liqoctl generate peer-command --only-command --kubeconfig $KUBECONFIG_LYON)
      """
    And I run:
      """
      echo "$PEER_LYON" | bash
      """
    Then the command succeeds
    And the output does not contain "command not found"
    And cluster "turin" is peered with cluster "lyon"
    And cluster "lyon" is not peered with cluster "turin"

  @step:claim
  Scenario: Claim a volume abroad
    Given the lesson has reached "peer"
    When I run:
      """
      kubectl create namespace liqo-demo
      liqoctl offload namespace liqo-demo --namespace-mapping-strategy EnforceSameName
      """
    Then namespace "liqo-demo" in cluster "turin" is offloaded to cluster "lyon"
    And namespace "liqo-demo" exists in cluster "lyon"
    When I run:
      """
      kubectl apply -f manifests/diary.yaml -n liqo-demo
      """
    Then pod "diary-0" in namespace "liqo-demo" in cluster "turin" is scheduled on node "liqo-lyon"
    And pod "diary-0" in namespace "liqo-demo" in cluster "turin" is Ready
    And persistentvolumeclaim "pages-diary-0" in namespace "liqo-demo" in cluster "turin" is Bound
    And persistentvolumeclaim "pages-diary-0" in namespace "liqo-demo" in cluster "lyon" is Bound
    When I run "kubectl get pvc -n liqo-demo"
    Then the output is a table with:
      | NAME          | STATUS | CAPACITY | STORAGECLASS |
      | pages-diary-0 | Bound  | 25Mi     | liqo         |

  @step:write
  Scenario: Write, and come back
    Given the lesson has reached "claim"
    When I run:
      """
      kubectl exec diary-0 -n liqo-demo -- sh -c 'echo "first page, written in Lyon" > /pages/1'
      """
    And I run:
      """
      kubectl delete pod diary-0 -n liqo-demo
      kubectl wait pod/diary-0 -n liqo-demo --for=condition=Ready --timeout=60s
      """
    Then pod "diary-0" in namespace "liqo-demo" in cluster "turin" is scheduled on node "liqo-lyon"
    When I run "kubectl exec diary-0 -n liqo-demo -- cat /pages/1"
    Then the output contains "first page, written in Lyon"

  @step:move
  Scenario: Move the volume home
    Given the lesson has reached "write"
    When I run:
      """
      kubectl scale statefulset diary -n liqo-demo --replicas=0
      kubectl wait pod/diary-0 -n liqo-demo --for=delete --timeout=60s
      """
    And I run:
      """
      liqoctl move volume pages-diary-0 -n liqo-demo --target-node turin-control-plane
      """
    Then the command succeeds
    When I run:
      """
      kubectl scale statefulset diary -n liqo-demo --replicas=1
      """
    Then pod "diary-0" in namespace "liqo-demo" in cluster "turin" is scheduled on node "turin-control-plane"
    And pod "diary-0" in namespace "liqo-demo" in cluster "turin" is Ready
    When I run "kubectl exec diary-0 -n liqo-demo -- cat /pages/1"
    Then the output contains "first page, written in Lyon"

  @step:home
  Scenario: Clear up
    Given the lesson has reached "move"
    When I run:
      """
      kubectl delete namespace liqo-demo
      """
    Then namespace "liqo-demo" does not exist in cluster "turin"
    And namespace "liqo-demo" does not exist in cluster "lyon"
    When I run:
      """
      liqoctl unpeer out-of-band lyon
      """
    Then cluster "turin" is not peered with cluster "lyon"
    And no node matching "liqo.io/type=virtual-node" exists in cluster "turin"

  @step:destroy
  Scenario: Destroy the clusters
    Given the lesson has reached "home"
    When I run:
      """
      kind delete cluster --name turin
      kind delete cluster --name lyon
      """
    Then cluster "turin" does not exist
    And cluster "lyon" does not exist
