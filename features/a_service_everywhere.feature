# liqolab: tags @journey
@journey
Feature: A service everywhere
  London serves a timetable of flights, and New York wants to read it. Liqo reflects the Service to New York and keeps its
  endpoints up to date, while the pods stay in London: what moves is the name, not the program.

  @step:provision
  Scenario: Make two clusters with Liqo
    When I run:
      """
      ./setup.sh
      """
    Then Liqo is installed in cluster "london"
    And Liqo is installed in cluster "newyork"
    When I run:
      """
      export KUBECONFIG="$PWD/liqo_kubeconf_london"
      export KUBECONFIG_NEWYORK="$PWD/liqo_kubeconf_newyork"
      """
    And I run "liqoctl status"
    Then the output contains "Cluster Name: london"
    When I run "liqoctl status --kubeconfig $KUBECONFIG_NEWYORK"
    Then the output contains "Cluster Name: newyork"

  @step:peer
  Scenario: Peer London with New York
    Given the lesson has reached "provision"
    When I run:
      """
      PEER_NEW_YORK=$(liqoctl generate peer-command --only-command --kubeconfig $KUBECONFIG_NEWYORK)
      """
    And I run:
      """
      echo "$PEER_NEW_YORK" | bash
      """
    Then the command succeeds
    And the output does not contain "command not found"
    And cluster "london" is peered with cluster "newyork"
    And cluster "newyork" is not peered with cluster "london"
    When I run "kubectl get foreignclusters"
    Then the output is a table with:
      | NAME    | OUTGOING PEERING | INCOMING PEERING | NETWORKING  | AUTHENTICATION |
      | newyork | Established      | None             | Established | Established    |

  @step:deploy
  Scenario: Deploy the timetable in London
    Given the lesson has reached "peer"
    When I run:
      """
      kubectl create namespace liqo-demo
      """
    And I run:
      """
      kubectl apply -f manifests/app.yaml -n liqo-demo
      """
    Then deployment "flights-service" in namespace "liqo-demo" in cluster "london" is Available
    And service "flights-service" in namespace "liqo-demo" in cluster "london" exists
    And namespace "liqo-demo" does not exist in cluster "newyork"
    When I run:
      """
      kubectl run consumer --rm -i --image curlimages/curl --restart=Never -- \
        curl -s -H 'accept: application/json' http://flights-service.liqo-demo:7999/schedule
      """
    Then the output contains "New York JFK"

  @step:offload
  Scenario: Offload the service
    Given the lesson has reached "deploy"
    When I run:
      """
      liqoctl offload namespace liqo-demo \
        --namespace-mapping-strategy EnforceSameName \
        --pod-offloading-strategy Local
      """
    Then namespaceoffloading "offloading" in namespace "liqo-demo" in cluster "london" matches:
      """
      spec:
        namespaceMappingStrategy: EnforceSameName
        podOffloadingStrategy: Local
      status:
        offloadingPhase: Ready
        remoteNamespaceName: liqo-demo
      """
    And service "flights-service" in namespace "liqo-demo" is reflected from cluster "london" to cluster "newyork"
    And no pod in namespace "liqo-demo" in cluster "newyork" exists for 1s
    When I run "kubectl get services --namespace liqo-demo --kubeconfig $KUBECONFIG_NEWYORK"
    Then the output is a table with:
      | NAME            | TYPE      | CLUSTER-IP    | EXTERNAL-IP | PORT(S)  |
      | flights-service | ClusterIP | /10\.\d+\..*/ | <none>      | 7999/TCP |
    When I run "kubectl get pods --namespace liqo-demo --kubeconfig $KUBECONFIG_NEWYORK"
    Then the output contains "No resources found in liqo-demo namespace."
    When I run "kubectl get endpointslices --namespace liqo-demo --kubeconfig $KUBECONFIG_NEWYORK"
    Then the output is a table with:
      | NAME                 | ADDRESSTYPE | PORTS | ENDPOINTS         |
      | /flights-service-.+/ | IPv4        | 7999  | /10\.202\.0\.\d+/ |

  @step:consume
  Scenario: Read the timetable in New York
    Given the lesson has reached "offload"
    When I run:
      """
      kubectl run consumer --rm -i --image curlimages/curl --restart=Never --kubeconfig $KUBECONFIG_NEWYORK -- \
        curl -s -H 'accept: application/json' http://flights-service.liqo-demo:7999/schedule
      """
    Then the output contains "New York JFK"
    And pod "consumer" in namespace "default" in cluster "newyork" does not exist
    When I run:
      """
      kubectl apply -f manifests/clerk.yaml --kubeconfig $KUBECONFIG_NEWYORK
      """
    Then deployment "clerk" in namespace "default" in cluster "newyork" is Available
    And deployment "clerk" does not exist in namespace "default" in cluster "london"

  @step:scale
  Scenario: Three desks instead of one
    Given the lesson has reached "consume"
    When I run:
      """
      kubectl scale deployment flights-service -n liqo-demo --replicas=3
      """
    Then exactly 3 pods matching "run=flights-service" in namespace "liqo-demo" in cluster "london" are Ready
    And every endpointslice matching "endpointslice.kubernetes.io/managed-by=endpointslice.reflection.liqo.io" in namespace "liqo-demo" in cluster "newyork" matches:
      """
      endpoints:
        - conditions: {ready: true}
        - conditions: {ready: true}
        - conditions: {ready: true}
      """
    And no pod in namespace "liqo-demo" in cluster "newyork" exists for 1s
    When I run:
      """
      for request in 1 2 3 4 5 6 7 8 9; do
        kubectl exec deploy/clerk --kubeconfig $KUBECONFIG_NEWYORK -- curl -s http://flights-service.liqo-demo:7999/schedule
      done | grep -o 'flights-service-[a-z0-9-]*' | sort -u | wc -l
      """
    Then the output contains "3"

  @step:home
  Scenario: Take the service back
    Given the lesson has reached "scale"
    When I run:
      """
      liqoctl unoffload namespace liqo-demo
      """
    Then namespace "liqo-demo" does not exist in cluster "newyork"
    And deployment "flights-service" in namespace "liqo-demo" in cluster "london" is Available
    When I run:
      """
      liqoctl unpeer out-of-band newyork
      """
    Then cluster "london" is not peered with cluster "newyork"
    And no node matching "liqo.io/type=virtual-node" exists in cluster "london"

  @step:destroy
  Scenario: Destroy the clusters
    Given the lesson has reached "home"
    When I run:
      """
      kind delete cluster --name london
      kind delete cluster --name newyork
      """
    Then cluster "london" does not exist
    And cluster "newyork" does not exist
