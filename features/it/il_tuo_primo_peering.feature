# language: it
# liqolab: tags @journey
@journey
Funzionalità: Il tuo primo peering
  Roma prende in affitto spazio a Milano. Un comando da ogni parte fa un peering, e Milano compare a Roma come un nodo. Un pod
  ci va, da lì risponde e da lì riceve risposta; un'applicazione di dieci servizi non si accorge di girare in due città.

  @step:provision
  Scenario: Crea due cluster
    Quando eseguo:
      """
      ./setup.sh
      """
    Allora esistono esattamente 2 nodes nel cluster "rome"
    E esistono esattamente 2 nodes nel cluster "milan"
    Quando eseguo "kind get clusters"
    Allora l'output contiene:
      """
      milan
      rome
      """
    Quando eseguo:
      """
      export KUBECONFIG="$PWD/liqo_kubeconf_rome"
      export KUBECONFIG_MILAN="$PWD/liqo_kubeconf_milan"
      """
    E eseguo "kubectl get pods -A"
    Allora il comando riesce
    E l'output contiene "etcd-rome-control-plane"
    Quando eseguo "kubectl get pods -A --kubeconfig $KUBECONFIG_MILAN"
    Allora il comando riesce
    E l'output contiene "etcd-milan-control-plane"

  @step:install
  Scenario: Installa Liqo
    Dato che la lezione ha raggiunto "provision"
    Quando eseguo:
      """
      liqoctl install kind --cluster-name rome
      liqoctl install kind --cluster-name milan --kubeconfig "$KUBECONFIG_MILAN"
      """
    Allora Liqo è installato nel cluster "rome"
    E Liqo è installato nel cluster "milan"
    Quando eseguo "kubectl get pods -n liqo"
    Allora l'output contiene:
      """
      liqo-auth-
      liqo-controller-manager-
      liqo-crd-replicator-
      liqo-gateway-
      liqo-network-manager-
      liqo-route-
      """
    Quando eseguo "liqoctl status"
    Allora l'output contiene "Cluster Name: rome"
    Quando eseguo "liqoctl status --kubeconfig $KUBECONFIG_MILAN"
    Allora l'output contiene "Cluster Name: milan"

  @step:peer
  Scenario: Collega i cluster
    Dato che la lezione ha raggiunto "install"
    Quando eseguo:
      """
      PEER_MILAN=$(liqoctl generate peer-command --only-command --kubeconfig "$KUBECONFIG_MILAN")
      """
    E eseguo:
      """
      echo "$PEER_MILAN" | bash
      """
    Allora il comando riesce
    E l'output non contiene "command not found"
    E il cluster "rome" ha un peering con il cluster "milan"
    E il cluster "milan" non ha un peering con il cluster "rome"
    Quando eseguo "kubectl get foreignclusters"
    Allora l'output è una tabella con:
      | NAME  | OUTGOING PEERING | INCOMING PEERING | NETWORKING  | AUTHENTICATION |
      | milan | Established      | None             | Established | Established    |
    Quando eseguo "kubectl get nodes"
    Allora l'output è una tabella con:
      | NAME               | STATUS | ROLES                | VERSION |
      | liqo-milan         | Ready  | agent                | v1.23.6 |
      | rome-control-plane | Ready  | control-plane,master | v1.23.6 |
      | rome-worker        | Ready  | <none>               | v1.23.6 |

  @step:hello
  Scenario: Manda un pod a Milano
    Dato che la lezione ha raggiunto "peer"
    Quando eseguo:
      """
      kubectl create namespace liqo-demo
      liqoctl offload namespace liqo-demo
      """
    Allora il namespace "liqo-demo" nel cluster "rome" è in offloading sul cluster "milan"
    Quando eseguo:
      """
      kubectl apply -f ./manifests/hello-world.yaml -n liqo-demo
      """
    Allora il pod "nginx-local" nel namespace "liqo-demo" nel cluster "rome" è assegnato a un nodo fisico
    E pod "nginx-local" nel namespace "liqo-demo" nel cluster "rome" è Ready
    E il pod "nginx-remote" nel namespace "liqo-demo" nel cluster "rome" è assegnato al nodo "liqo-milan"
    E il pod "nginx-remote" nel namespace "liqo-demo" offloaded dal cluster "rome" gira nel cluster "milan"
    Quando eseguo "kubectl get pod -n liqo-demo -o wide"
    Allora l'output è una tabella con:
      | NAME         | READY | STATUS  | RESTARTS | IP                  | NODE       |
      | nginx-local  | 1/1   | Running | 0        | /10\.200\.\d+\.\d+/ | /rome-.*/  |
      | nginx-remote | 1/1   | Running | 0        | /10\.202\.\d+\.\d+/ | liqo-milan |

  @step:reach
  Scenario: Parlarsi attraverso il confine
    Dato che la lezione ha raggiunto "hello"
    Quando eseguo:
      """
      LOCAL_POD_IP=$(kubectl get pod nginx-local -n liqo-demo --template={{.status.podIP}})
      REMOTE_POD_IP=$(kubectl get pod nginx-remote -n liqo-demo --template={{.status.podIP}})
      """
    E eseguo:
      """
      kubectl run --image=curlimages/curl curl -it --rm --restart=Never -- curl ${LOCAL_POD_IP}
      """
    Allora l'output contiene "Server name: nginx-local"
    Quando eseguo:
      """
      kubectl run --image=curlimages/curl curl -it --rm --restart=Never -- curl ${REMOTE_POD_IP}
      """
    Allora l'output contiene "Server name: nginx-remote"
    E pod "curl" nel namespace "default" nel cluster "rome" non esiste
    Quando eseguo "kubectl describe service liqo-demo -n liqo-demo"
    Allora l'output corrisponde a:
      """
      (?s).*Endpoints: +10\.200\.\d+\.\d+:80,10\.202\.\d+\.\d+:80\n.*
      """
    Quando eseguo:
      """
      for request in 1 2 3 4 5 6 7 8; do
        kubectl exec nginx-remote -n liqo-demo -- wget -qO- http://liqo-demo
      done | grep name
      """
    Allora l'output contiene:
      """
      Server name: nginx-local
      """
    E l'output contiene:
      """
      Server name: nginx-remote
      """

  @step:shop
  Scenario: Apri un negozio di dieci servizi
    Dato che la lezione ha raggiunto "reach"
    Quando eseguo:
      """
      kubectl apply -f ./manifests/shop.yaml -n liqo-demo
      """
    Allora ogni deployment nel namespace "liqo-demo" nel cluster "rome" è Available
    E un pod con label "shop=frontend" nel namespace "liqo-demo" nel cluster "rome" gira su uno dei nodi "rome-control-plane, rome-worker"
    E un pod con label "shop=cart" nel namespace "liqo-demo" nel cluster "rome" gira sul nodo "liqo-milan"
    E configmap "routes" nel namespace "liqo-demo" è riflesso dal cluster "rome" al cluster "milan"
    Quando eseguo "kubectl get pods -n liqo-demo -o wide"
    Allora l'output contiene "liqo-milan"
    Quando eseguo:
      """
      kubectl exec deploy/frontend -n liqo-demo -- \
        curl -s http://frontend/{,ad,cart,catalog,currency,recommendation,checkout/{,email,payment,shipping}}
      """
    Allora l'output contiene:
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
    Quando eseguo:
      """
      kubectl exec nginx-remote -n liqo-demo -- wget -qO- http://frontend/cart
      """
    Allora l'output contiene "cart: two lamps"

  @step:home
  Scenario: Riporta tutto a casa
    Dato che la lezione ha raggiunto "shop"
    Quando eseguo:
      """
      liqoctl unoffload namespace liqo-demo
      """
    Allora namespaceoffloading "offloading" nel namespace "liqo-demo" nel cluster "rome" non esiste
    E nessun pod nel namespace "liqo-demo" nel cluster "rome" è sul nodo "liqo-milan"
    E un pod con label "shop=cart" nel namespace "liqo-demo" nel cluster "rome" è Pending
    Quando eseguo:
      """
      liqoctl unpeer out-of-band milan
      """
    Allora il cluster "rome" non ha un peering con il cluster "milan"
    E nessun node con label "liqo.io/type=virtual-node" nel cluster "rome" esiste

  @step:uninstall
  Scenario: Disinstalla Liqo
    Dato che la lezione ha raggiunto "home"
    Quando eseguo:
      """
      liqoctl uninstall --purge
      liqoctl uninstall --purge --kubeconfig="$KUBECONFIG_MILAN"
      """
    Allora il cluster "rome" non conosce kind del gruppo "liqo.io"
    E il cluster "milan" non conosce kind del gruppo "liqo.io"
    E nessun deployment con label "app.kubernetes.io/part-of=liqo" nel cluster "rome" esiste
    E nessun deployment con label "app.kubernetes.io/part-of=liqo" nel cluster "milan" esiste

  @step:destroy
  Scenario: Distruggi i cluster
    Dato che la lezione ha raggiunto "uninstall"
    Quando eseguo:
      """
      kind delete cluster --name rome
      kind delete cluster --name milan
      """
    Allora il cluster "rome" non esiste
    E il cluster "milan" non esiste
