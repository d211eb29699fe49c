# liqolab: tags @journey
@journey
Feature: Your first peering
  Rome rents room in Milan. One command on each side makes a peering, and Milan appears in Rome as a node. A pod goes there,
  answers from there, and is answered from there; an application of ten services does not notice that it runs in two
  cities.

  @step:provision
  Scenario: Make two clusters
    When I run:
      """
      ./setup.sh
      """
    Then exactly 2 nodes exist in cluster "rome"
    And exactly 2 nodes exist in cluster "milan"
    When I run "kind get clusters"
    Then the output contains:
      """
      milan
      rome
      """
    When I run:
      """
      export KUBECONFIG="$PWD/liqo_kubeconf_rome"
      export KUBECONFIG_MILAN="$PWD/liqo_kubeconf_milan"
      """
    And I run "kubectl get pods -A"
    Then the command succeeds
    And the output contains "etcd-rome-control-plane"
    When I run "kubectl get pods -A --kubeconfig $KUBECONFIG_MILAN"
    Then the command succeeds
    And the output contains "etcd-milan-control-plane"

  @step:install
  Scenario: Install Liqo
    Given the lesson has reached "provision"
    When I run:
      """
      liqoctl install kind --cluster-name rome
      liqoctl install kind --cluster-name milan --kubeconfig "$KUBECONFIG_MILAN"
      """
    Then Liqo is installed in cluster "rome"
    And Liqo is installed in cluster "milan"
    When I run "kubectl get pods -n liqo"
    Then the output contains:
      """
      liqo-auth-
      liqo-controller-manager-
      liqo-crd-replicator-
      liqo-gateway-
      liqo-network-manager-
      liqo-route-
      """
    When I run "liqoctl status"
    Then the output contains "Cluster Name: rome"
    When I run "liqoctl status --kubeconfig $KUBECONFIG_MILAN"
    Then the output contains "Cluster Name: milan"

  @step:peer
  Scenario: Peer the clusters
    Given the lesson has reached "install"
    When I run:
      """
      PEER_MILAN=$(liqoctl generate peer-command --only-command --kubeconfig "$KUBECONFIG_MILAN")
      """
    And I run:
      """
      echo "$PEER_MILAN" | bash
      """
    Then the command succeeds
    And the output does not contain "command not found"
    And cluster "rome" is peered with cluster "milan"
    And cluster "milan" is not peered with cluster "rome"
    When I run "kubectl get foreignclusters"
    Then the output is a table with:
      | NAME  | OUTGOING PEERING | INCOMING PEERING | NETWORKING  | AUTHENTICATION |
      | milan | Established      | None             | Established | Established    |
    When I run "kubectl get nodes"
    Then the output is a table with:
      | NAME               | STATUS | ROLES                | VERSION |
      | liqo-milan         | Ready  | agent                | v1.23.6 |
      | rome-control-plane | Ready  | control-plane,master | v1.23.6 |
      | rome-worker        | Ready  | <none>               | v1.23.6 |

  @step:hello
  Scenario: Send a pod to Milan
    Given the lesson has reached "peer"
    When I run:
      """
      kubectl create namespace liqo-demo
      liqoctl offload namespace liqo-demo
      """
    Then namespace "liqo-demo" in cluster "rome" is offloaded to cluster "milan"
    When I run:
      """
      kubectl apply -f ./manifests/hello-world.yaml -n liqo-demo
      """
    Then pod "nginx-local" in namespace "liqo-demo" in cluster "rome" is scheduled on a physical node
    And pod "nginx-local" in namespace "liqo-demo" in cluster "rome" is Ready
    And pod "nginx-remote" in namespace "liqo-demo" in cluster "rome" is scheduled on node "liqo-milan"
    And pod "nginx-remote" in namespace "liqo-demo" offloaded from cluster "rome" runs in cluster "milan"
    When I run "kubectl get pod -n liqo-demo -o wide"
    Then the output is a table with:
      | NAME         | READY | STATUS  | RESTARTS | IP                  | NODE       |
      | nginx-local  | 1/1   | Running | 0        | /10\.200\.\d+\.\d+/ | /rome-.*/  |
      | nginx-remote | 1/1   | Running | 0        | /10\.202\.\d+\.\d+/ | liqo-milan |

  @step:reach
  Scenario: Talk across
    Given the lesson has reached "hello"
    When I run:
      """
      LOCAL_POD_IP=$(kubectl get pod nginx-local -n liqo-demo --template={{.status.podIP}})
      REMOTE_POD_IP=$(kubectl get pod nginx-remote -n liqo-demo --template={{.status.podIP}})
      """
    And I run:
      """
      kubectl run --image=curlimages/curl curl -it --rm --restart=Never -- curl ${LOCAL_POD_IP}
      """
    Then the output contains "Server name: nginx-local"
    When I run:
      """
      kubectl run --image=curlimages/curl curl -it --rm --restart=Never -- curl ${REMOTE_POD_IP}
      """
    Then the output contains "Server name: nginx-remote"
    And pod "curl" in namespace "default" in cluster "rome" does not exist
    When I run "kubectl describe service liqo-demo -n liqo-demo"
    Then the output matches:
      """
      (?s).*Endpoints: +10\.200\.\d+\.\d+:80,10\.202\.\d+\.\d+:80\n.*
      """
    When I run:
      """
      for request in 1 2 3 4 5 6 7 8; do
        kubectl exec nginx-remote -n liqo-demo -- wget -qO- http://liqo-demo
      done | grep name
      """
    Then the output contains:
      """
      Server name: nginx-local
      """
    And the output contains:
      """
      Server name: nginx-remote
      """

  @step:shop
  Scenario: Open a shop of ten services
    Given the lesson has reached "reach"
    When I run:
      """
      kubectl apply -f ./manifests/shop.yaml -n liqo-demo
      """
    Then every deployment in namespace "liqo-demo" in cluster "rome" is Available
    And a pod matching "shop=frontend" in namespace "liqo-demo" in cluster "rome" runs on one of "rome-control-plane, rome-worker"
    And a pod matching "shop=cart" in namespace "liqo-demo" in cluster "rome" runs on node "liqo-milan"
    And configmap "routes" in namespace "liqo-demo" is reflected from cluster "rome" to cluster "milan"
    When I run "kubectl get pods -n liqo-demo -o wide"
    Then the output contains "liqo-milan"
    When I run:
      """
      kubectl exec deploy/frontend -n liqo-demo -- \
        curl -s http://frontend/{,ad,cart,catalog,currency,recommendation,checkout/{,email,payment,shipping}}
      """
    Then the output contains:
      """
      frontend: welcome to the shop
      ad: lamps are cheaper by the dozen
      cart: two lamps
      catalog: six lamps and a kettle
      currency: 1 euro is 1 euro
      recommendation: take a third lamp
      checkout: pay, pack and tell
      email: thank you
      payment: paid
      shipping: on its way
      """
    When I run:
      """
      kubectl exec nginx-remote -n liqo-demo -- wget -qO- http://frontend/cart
      """
    Then the output contains "cart: two lamps"

  @step:home
  Scenario: Bring everything home
    Given the lesson has reached "shop"
    When I run:
      """
      liqoctl unoffload namespace liqo-demo
      """
    Then namespaceoffloading "offloading" does not exist in namespace "liqo-demo" in cluster "rome"
    And no pod in namespace "liqo-demo" in cluster "rome" is on node "liqo-milan"
    And a pod matching "shop=cart" in namespace "liqo-demo" in cluster "rome" is Pending
    When I run:
      """
      liqoctl unpeer out-of-band milan
      """
    Then cluster "rome" is not peered with cluster "milan"
    And no node matching "liqo.io/type=virtual-node" exists in cluster "rome"

  @step:uninstall
  Scenario: Uninstall Liqo
    Given the lesson has reached "home"
    When I run:
      """
      liqoctl uninstall --purge
      liqoctl uninstall --purge --kubeconfig="$KUBECONFIG_MILAN"
      """
    Then cluster "rome" knows no kind of group "liqo.io"
    And cluster "milan" knows no kind of group "liqo.io"
    And no deployment matching "app.kubernetes.io/part-of=liqo" exists in cluster "rome"
    And no deployment matching "app.kubernetes.io/part-of=liqo" exists in cluster "milan"

  @step:destroy
  Scenario: Destroy the clusters
    Given the lesson has reached "uninstall"
    When I run:
      """
      kind delete cluster --name rome
      kind delete cluster --name milan
      """
    Then cluster "rome" does not exist
    And cluster "milan" does not exist
