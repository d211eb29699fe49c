# language: it
# liqolab: tags @journey
@journey
Funzionalità: Dati che restano
  A Lione un pod di Torino tiene un diario. Il volume è stato fatto dove il pod girava per primo, e ogni pod successivo deve andare
  dove sono i dati, qualunque cosa preferisca; finché non si riporta a casa il volume stesso.

  @step:provision
  Scenario: Crea due cluster con Liqo
    Quando eseguo:
      """
      ./setup.sh
      """
    Allora Liqo è installato nel cluster "turin"
    E Liqo è installato nel cluster "lyon"
    Quando eseguo:
      """
      export KUBECONFIG="$PWD/liqo_kubeconf_turin"
      export KUBECONFIG_LYON="$PWD/liqo_kubeconf_lyon"
      """
    E eseguo "kubectl get storageclass"
    Allora l'output contiene "liqo.io/storage"
    Quando eseguo "liqoctl status"
    Allora l'output contiene "Cluster Name: turin"
    Quando eseguo "liqoctl status --kubeconfig $KUBECONFIG_LYON"
    Allora l'output contiene "Cluster Name: lyon"

  @step:peer
  Scenario: Collega Torino con Lione
    Dato che la lezione ha raggiunto "provision"
    Quando eseguo:
      """
      PEER_LYON=$(liqoctl generate peer-command --only-command --kubeconfig $KUBECONFIG_LYON)
      """
    E eseguo:
      """
      echo "$PEER_LYON" | bash
      """
    Allora il comando riesce
    E l'output non contiene "command not found"
    E il cluster "turin" ha un peering con il cluster "lyon"
    E il cluster "lyon" non ha un peering con il cluster "turin"

  @step:claim
  Scenario: Chiedi un volume all'estero
    Dato che la lezione ha raggiunto "peer"
    Quando eseguo:
      """
      kubectl create namespace liqo-demo
      liqoctl offload namespace liqo-demo --namespace-mapping-strategy EnforceSameName
      """
    Allora il namespace "liqo-demo" nel cluster "turin" è in offloading sul cluster "lyon"
    E namespace "liqo-demo" nel cluster "lyon" esiste
    Quando eseguo:
      """
      kubectl apply -f manifests/diary.yaml -n liqo-demo
      """
    Allora il pod "diary-0" nel namespace "liqo-demo" nel cluster "turin" è assegnato al nodo "liqo-lyon"
    E pod "diary-0" nel namespace "liqo-demo" nel cluster "turin" è Ready
    E persistentvolumeclaim "pages-diary-0" nel namespace "liqo-demo" nel cluster "turin" è Bound
    E persistentvolumeclaim "pages-diary-0" nel namespace "liqo-demo" nel cluster "lyon" è Bound
    Quando eseguo "kubectl get pvc -n liqo-demo"
    Allora l'output è una tabella con:
      | NAME          | STATUS | CAPACITY | STORAGECLASS |
      | pages-diary-0 | Bound  | 25Mi     | liqo         |

  @step:write
  Scenario: Scrivi, e torna
    Dato che la lezione ha raggiunto "claim"
    Quando eseguo:
      """
      kubectl exec diary-0 -n liqo-demo -- sh -c 'echo "first page, written in Lyon" > /pages/1'
      """
    E eseguo:
      """
      kubectl delete pod diary-0 -n liqo-demo
      kubectl wait pod/diary-0 -n liqo-demo --for=condition=Ready --timeout=60s
      """
    Allora il pod "diary-0" nel namespace "liqo-demo" nel cluster "turin" è assegnato al nodo "liqo-lyon"
    Quando eseguo "kubectl exec diary-0 -n liqo-demo -- cat /pages/1"
    Allora l'output contiene "first page, written in Lyon"

  @step:move
  Scenario: Riporta a casa il volume
    Dato che la lezione ha raggiunto "write"
    Quando eseguo:
      """
      kubectl scale statefulset diary -n liqo-demo --replicas=0
      kubectl wait pod/diary-0 -n liqo-demo --for=delete --timeout=60s
      """
    E eseguo:
      """
      liqoctl move volume pages-diary-0 -n liqo-demo --target-node turin-control-plane
      """
    Allora il comando riesce
    Quando eseguo:
      """
      kubectl scale statefulset diary -n liqo-demo --replicas=1
      """
    Allora il pod "diary-0" nel namespace "liqo-demo" nel cluster "turin" è assegnato al nodo "turin-control-plane"
    E pod "diary-0" nel namespace "liqo-demo" nel cluster "turin" è Ready
    Quando eseguo "kubectl exec diary-0 -n liqo-demo -- cat /pages/1"
    Allora l'output contiene "first page, written in Lyon"

  @step:home
  Scenario: Fa' ordine
    Dato che la lezione ha raggiunto "move"
    Quando eseguo:
      """
      kubectl delete namespace liqo-demo
      """
    Allora namespace "liqo-demo" nel cluster "turin" non esiste
    E namespace "liqo-demo" nel cluster "lyon" non esiste
    Quando eseguo:
      """
      liqoctl unpeer out-of-band lyon
      """
    Allora il cluster "turin" non ha un peering con il cluster "lyon"
    E nessun node con label "liqo.io/type=virtual-node" nel cluster "turin" esiste

  @step:destroy
  Scenario: Distruggi i cluster
    Dato che la lezione ha raggiunto "home"
    Quando eseguo:
      """
      kind delete cluster --name turin
      kind delete cluster --name lyon
      """
    Allora il cluster "turin" non esiste
    E il cluster "lyon" non esiste
