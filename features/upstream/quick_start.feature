# The commands are those of the page "Quick Start" of Liqo 0.5; the manifests have the shape of its own.
# liqolab: tags @journey
# liqolab: ignore scenario-long
@journey
Feature: The page "Quick Start" of Liqo 0.5
  Rome lends room from Milan, sends a pod and a shop there, and gives all of it back.

  Background:
    Given a playground with clusters:
      | name  | region |
      | rome  | south  |
      | milan | north  |

  Scenario: Peer, offload, reach, and take everything back
    When I run:
      """
      kind get clusters
      """
    Then the output contains:
      """
      milan
      rome
      """
    When I run:
      """
      export KUBECONFIG="$KUBECONFIG_ROME"
      kubectl get pods -A
      """
    Then the output contains "kube-apiserver-rome-control-plane"
    When I run:
      """
      kubectl get pods -A --kubeconfig "$KUBECONFIG_MILAN"
      """
    Then the output contains "kube-apiserver-milan-control-plane"
    When I run:
      """
      liqoctl install kind --cluster-name rome
      liqoctl install kind --cluster-name milan --kubeconfig "$KUBECONFIG_MILAN"
      """
    Then the output contains:
      """
      All Set! You can now proceed establishing a peering (liqoctl peer --help for more information)
      """
    When I run:
      """
      kubectl get pods -n liqo
      """
    Then the output contains:
      """
      liqo-auth-
      liqo-controller-manager-
      liqo-route-
      """
    When I run:
      """
      liqoctl generate peer-command --kubeconfig "$KUBECONFIG_MILAN"
      """
    Then the output contains "liqoctl peer out-of-band milan --auth-url"
    When I run:
      """
      liqoctl generate peer-command --only-command --kubeconfig "$KUBECONFIG_MILAN" | bash
      kubectl get foreignclusters
      """
    Then the output contains "milan   Established        None               Established   Established"
    And node "liqo-milan" in cluster "rome" is Ready
    When I run:
      """
      kubectl get nodes
      """
    Then the output is a table with:
      | NAME               | STATUS | ROLES             |
      | liqo-milan         | Ready  | agent             |
      | rome-control-plane | Ready  | /control-plane.*/ |
    When I run:
      """
      cd scenarios/your-first-peering/workdir
      kubectl create namespace liqo-demo
      liqoctl offload namespace liqo-demo
      kubectl apply -f ./manifests/hello-world.yaml -n liqo-demo
      """
    Then pod "nginx-local" in namespace "liqo-demo" in cluster "rome" is Ready
    And pod "nginx-remote" in namespace "liqo-demo" in cluster "rome" is Ready
    When I run:
      """
      kubectl get pod -n liqo-demo -o wide
      """
    Then the output is a table with:
      | NAME         | READY | STATUS  | RESTARTS | NODE               |
      | nginx-local  | 1/1   | Running | 0        | rome-control-plane |
      | nginx-remote | 1/1   | Running | 0        | liqo-milan         |
    When I run:
      """
      LOCAL_POD_IP=$(kubectl get pod nginx-local -n liqo-demo --template={{.status.podIP}})
      REMOTE_POD_IP=$(kubectl get pod nginx-remote -n liqo-demo --template={{.status.podIP}})
      echo "Local Pod IP: ${LOCAL_POD_IP} - Remote Pod IP: ${REMOTE_POD_IP}"
      kubectl run --image=curlimages/curl curl -n default -it --rm --restart=Never -- curl ${LOCAL_POD_IP}
      """
    Then the output contains "Server name: nginx-local"
    When I run:
      """
      kubectl run --image=curlimages/curl curl -n default -it --rm --restart=Never -- curl ${REMOTE_POD_IP}
      """
    Then the output contains "Server name: nginx-remote"
    When I run:
      """
      kubectl describe service liqo-demo -n liqo-demo
      """
    Then the output matches:
      """
      (?s).*Endpoints: +[\d.]+:80,[\d.]+:80\n.*
      """
    When I run:
      """
      kubectl run --image=curlimages/curl curl -n default -it --rm --restart=Never -- \
          curl --silent liqo-demo.liqo-demo.svc.cluster.local | grep 'Server'
      """
    Then the output contains "Server name: nginx-"
    # The page's own application is fetched from the net, and of images that nothing here stands for.
    When I run:
      """
      demo=$(mktemp -d)
      cp manifests/shop.yaml "$demo"
      echo 'resources: [shop.yaml]' > "$demo/kustomization.yaml"
      kubectl apply -k "$demo" -n liqo-demo
      """
    Then every deployment in namespace "liqo-demo" in cluster "rome" is Available
    When I run:
      """
      kubectl get service -n liqo-demo frontend
      kubectl port-forward -n liqo-demo service/frontend :80 > "$demo/forwarded" &
      forwarder=$!
      until grep -q Forwarding "$demo/forwarded"; do sleep 0.2; done
      port=$(sed -n 's/.*127.0.0.1:\([0-9]*\) .*/\1/p' "$demo/forwarded")
      python3 -c "import urllib.request as u; print(u.urlopen('http://127.0.0.1:$port/cart').read().decode())"
      """
    Then the output contains "cart: two lamps"
    When I run:
      """
      kill "$forwarder"
      rm -r "$demo"
      """
    When I run:
      """
      liqoctl unoffload namespace liqo-demo
      liqoctl unpeer out-of-band milan
      """
    Then cluster "rome" is not peered with cluster "milan"
    And no node matching "liqo.io/type=virtual-node" exists in cluster "rome"
    When I run:
      """
      kubectl delete namespace liqo-demo
      liqoctl uninstall --purge
      liqoctl uninstall --kubeconfig="$KUBECONFIG_MILAN" --purge
      """
    Then namespace "liqo-demo" does not exist in cluster "rome"
    And cluster "rome" knows no kind of group "liqo.io"
    And cluster "milan" knows no kind of group "liqo.io"
