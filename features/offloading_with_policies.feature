Feature: Offloading with policies
  Venice is where the applications are deployed; Florence (center) and Naples (south) lend their resources. A namespace is
  offloaded to the southern cluster only, and pods may run there or at home. The policy is the infrastructure's: who
  deploys need not know of it, and cannot get around it.

  # liqolab: ignore scenario-long
  @step:provision
  Scenario: Provision the playground
    When I run:
      """
      ./setup.sh
      """
    Then Liqo is installed in cluster "venice"
    And Liqo is installed in cluster "florence"
    And Liqo is installed in cluster "naples"
    When I run:
      """
      export KUBECONFIG="$PWD/liqo_kubeconf_venice"
      export KUBECONFIG_FLORENCE="$PWD/liqo_kubeconf_florence"
      export KUBECONFIG_NAPLES="$PWD/liqo_kubeconf_naples"
      """
    And I run "liqoctl status"
    Then the command succeeds
    And the output contains:
      """
      liqo control plane namespace liqo exists
      control plane pods are up and running
      Cluster Name: venice
      topology.liqo.io/region: north
      Pod CIDR: 10.200.0.0/16
      External CIDR: 10.201.0.0/16
      """
    When I run "liqoctl --kubeconfig $KUBECONFIG_FLORENCE status"
    Then the command succeeds
    And the output contains "topology.liqo.io/region: center"
    When I run "liqoctl --kubeconfig $KUBECONFIG_NAPLES status"
    Then the command succeeds
    And the output contains "topology.liqo.io/region: south"

  @step:peer
  Scenario: Peer the clusters
    Given the lesson has reached "provision"
    When I run:
      """
      PEER_FLORENCE=$(liqoctl generate peer-command --only-command --kubeconfig $KUBECONFIG_FLORENCE)
      PEER_NAPLES=$(liqoctl generate peer-command --only-command --kubeconfig $KUBECONFIG_NAPLES)
      """
    And I run:
      """
      echo "$PEER_FLORENCE" | bash
      echo "$PEER_NAPLES" | bash
      """
    Then cluster "venice" is peered with cluster "florence"
    And cluster "venice" is peered with cluster "naples"
    When I run "kubectl get foreignclusters"
    Then the output is a table with:
      | NAME     | OUTGOING PEERING | INCOMING PEERING | NETWORKING  | AUTHENTICATION |
      | florence | Established      | None             | Established | Established    |
      | naples   | Established      | None             | Established | Established    |
    And node "liqo-florence" in cluster "venice" is Ready
    And node "liqo-naples" in cluster "venice" is Ready
    And exactly 2 nodes matching "liqo.io/type=virtual-node" exist in cluster "venice"
    When I run "kubectl get node --selector=liqo.io/type=virtual-node --show-labels"
    Then the output is a table with:
      | NAME          | STATUS | ROLES | VERSION | LABELS                                     |
      | liqo-florence | Ready  | agent | v1.23.6 | /.*topology\.liqo\.io/region=center(,.*)?/ |
      | liqo-naples   | Ready  | agent | v1.23.6 | /.*topology\.liqo\.io/region=south(,.*)?/  |

  @step:offload
  Scenario: Tune namespace offloading
    Given the lesson has reached "peer"
    When I run:
      """
      kubectl create namespace liqo-demo
      liqoctl offload namespace liqo-demo \
        --namespace-mapping-strategy EnforceSameName \
        --pod-offloading-strategy LocalAndRemote \
        --selector 'topology.liqo.io/region=south'
      """
    Then namespaceoffloading "offloading" in namespace "liqo-demo" in cluster "venice" matches:
      """
      spec:
        namespaceMappingStrategy: EnforceSameName
        podOffloadingStrategy: LocalAndRemote
      status:
        offloadingPhase: Ready
        remoteNamespaceName: liqo-demo
      """
    When I run "kubectl get namespaceoffloadings offloading -n liqo-demo -o yaml"
    Then the output contains:
      """
      status:
      offloadingPhase: Ready
      remoteNamespaceName: liqo-demo
      message: You have not selected this cluster through ClusterSelector fields
      reason: ClusterNotSelected
      message: The remote cluster has been selected through the ClusterSelector field
      reason: ClusterSelected
      message: Namespace correctly offloaded on this cluster
      reason: RemoteNamespaceCreated
      """
    When I run "kubectl get namespaces liqo-demo --kubeconfig=$KUBECONFIG_NAPLES"
    Then the output is a table with:
      | NAME      | STATUS |
      | liqo-demo | Active |
    When I run "kubectl get namespaces liqo-demo --kubeconfig=$KUBECONFIG_FLORENCE"
    Then the command fails with exit code 1
    And the output contains:
      """
      Error from server (NotFound): namespaces "liqo-demo" not found
      """
    And namespace "liqo-demo" exists in cluster "naples"
    And namespace "liqo-demo" does not exist in cluster "florence" for 1s

  @step:deploy
  Scenario: Deploy applications
    Given the lesson has reached "offload"
    When I run:
      """
      kubectl apply -f ./manifests/deploy.yaml -n liqo-demo
      """
    Then a pod matching "app=app-south" in namespace "liqo-demo" in cluster "venice" runs on node "liqo-naples"
    And a pod matching "app=app-south" in namespace "liqo-demo" in cluster "venice" has an address in "10.204.0.0/16"
    And pods matching "app=app-south" offloaded from cluster "venice" in namespace "liqo-demo" run in cluster "naples"
    And a pod matching "app=app-center" in namespace "liqo-demo" in cluster "venice" is unschedulable because "3 node(s) didn't match Pod's node affinity/selector"
    And a pod matching "app=app-center" in namespace "liqo-demo" in cluster "venice" is Pending for 1s
    And exactly 2 pods in namespace "liqo-demo" in cluster "venice" exist
    And namespace "liqo-demo" does not exist in cluster "florence"
    When I run "kubectl get pod -n liqo-demo -o wide"
    Then the output is a table with:
      | NAME                               | READY | STATUS  | RESTARTS | IP                | NODE        | NOMINATED NODE | READINESS GATES |
      | /app-center-[a-z0-9]+-[a-z0-9]{5}/ | 0/1   | Pending | 0        | <none>            | <none>      | <none>         | <none>          |
      | /app-south-[a-z0-9]+-[a-z0-9]{5}/  | 1/1   | Running | 0        | /10\.204\.0\.\d+/ | liqo-naples | <none>         | <none>          |

  @step:relax
  Scenario: Remove the conflicting affinity
    Given the lesson has reached "deploy"
    When I run:
      """
      kubectl patch deployment app-center -n liqo-demo --type=json -p '[{"op": "remove", "path": "/spec/template/spec/affinity"}]'
      """
    Then deployment "app-center" in namespace "liqo-demo" in cluster "venice" is Available
    And a pod matching "app=app-center" in namespace "liqo-demo" in cluster "venice" runs on one of "venice-control-plane, liqo-naples"
    And no pod in namespace "liqo-demo" in cluster "venice" is on node "liqo-florence" for 1s

  @step:unoffload
  Scenario: Unoffload the namespace
    Given the lesson has reached "relax"
    When I run:
      """
      liqoctl unoffload namespace liqo-demo
      """
    Then namespace "liqo-demo" does not exist in cluster "naples"
    And namespace "liqo-demo" exists in cluster "venice"
    And namespaceoffloading "offloading" does not exist in namespace "liqo-demo" in cluster "venice"
    And no pod in namespace "liqo-demo" in cluster "venice" is on node "liqo-naples"

  @step:unpeer
  Scenario: Revoke the peerings
    Given the lesson has reached "unoffload"
    When I run:
      """
      liqoctl unpeer out-of-band florence
      liqoctl unpeer out-of-band naples
      """
    Then no node matching "liqo.io/type=virtual-node" exists in cluster "venice"
    And cluster "venice" is not peered with cluster "florence"
    And cluster "venice" is not peered with cluster "naples"

  @step:uninstall
  Scenario: Uninstall Liqo
    Given the lesson has reached "unpeer"
    When I run:
      """
      liqoctl uninstall
      liqoctl uninstall --kubeconfig="$KUBECONFIG_FLORENCE"
      liqoctl uninstall --kubeconfig="$KUBECONFIG_NAPLES"
      """
    Then no deployment matching "app.kubernetes.io/part-of=liqo" exists in cluster "venice"
    And no deployment matching "app.kubernetes.io/part-of=liqo" exists in cluster "florence"
    And no deployment matching "app.kubernetes.io/part-of=liqo" exists in cluster "naples"
    When I run:
      """
      liqoctl uninstall --purge
      liqoctl uninstall --kubeconfig="$KUBECONFIG_FLORENCE" --purge
      liqoctl uninstall --kubeconfig="$KUBECONFIG_NAPLES" --purge
      """
    Then cluster "venice" knows no kind of group "liqo.io"
    And cluster "florence" knows no kind of group "liqo.io"
    And cluster "naples" knows no kind of group "liqo.io"
    And namespace "liqo" does not exist in cluster "venice"

  @step:destroy
  Scenario: Destroy the clusters
    Given the lesson has reached "uninstall"
    When I run:
      """
      kind delete cluster --name venice
      kind delete cluster --name florence
      kind delete cluster --name naples
      """
    Then cluster "venice" does not exist
    And cluster "florence" does not exist
    And cluster "naples" does not exist
