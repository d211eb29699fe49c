# language: it
# liqolab: tags @journey
@journey
Funzionalità: Un servizio dappertutto
  Londra tiene un orario dei voli, e New York vuole leggerlo. Liqo riflette il Service a New York e tiene aggiornati i suoi
  endpoint, mentre i pod restano a Londra: ciò che si sposta è il nome, non il programma.

  @step:provision
  Scenario: Crea due cluster con Liqo
    Quando eseguo:
      """
      ./setup.sh
      """
    Allora Liqo è installato nel cluster "london"
    E Liqo è installato nel cluster "newyork"
    Quando eseguo:
      """
      export KUBECONFIG="$PWD/liqo_kubeconf_london"
      export KUBECONFIG_NEWYORK="$PWD/liqo_kubeconf_newyork"
      """
    E eseguo "liqoctl status"
    Allora l'output contiene "Cluster Name: london"
    Quando eseguo "liqoctl status --kubeconfig $KUBECONFIG_NEWYORK"
    Allora l'output contiene "Cluster Name: newyork"

  @step:peer
  Scenario: Collega Londra con New York
    Dato che la lezione ha raggiunto "provision"
    Quando eseguo:
      """
      PEER_NEW_YORK=$(liqoctl generate peer-command --only-command --kubeconfig $KUBECONFIG_NEWYORK)
      """
    E eseguo:
      """
      echo "$PEER_NEW_YORK" | bash
      """
    Allora il comando riesce
    E l'output non contiene "command not found"
    E il cluster "london" ha un peering con il cluster "newyork"
    E il cluster "newyork" non ha un peering con il cluster "london"
    Quando eseguo "kubectl get foreignclusters"
    Allora l'output è una tabella con:
      | NAME    | OUTGOING PEERING | INCOMING PEERING | NETWORKING  | AUTHENTICATION |
      | newyork | Established      | None             | Established | Established    |

  @step:deploy
  Scenario: Distribuisci l'orario a Londra
    Dato che la lezione ha raggiunto "peer"
    Quando eseguo:
      """
      kubectl create namespace liqo-demo
      """
    E eseguo:
      """
      kubectl apply -f manifests/app.yaml -n liqo-demo
      """
    Allora deployment "flights-service" nel namespace "liqo-demo" nel cluster "london" è Available
    E service "flights-service" nel namespace "liqo-demo" nel cluster "london" esiste
    E namespace "liqo-demo" nel cluster "newyork" non esiste
    Quando eseguo:
      """
      kubectl run consumer --rm -i --image curlimages/curl --restart=Never -- \
        curl -s -H 'accept: application/json' http://flights-service.liqo-demo:7999/schedule
      """
    Allora l'output contiene "New York JFK"

  @step:offload
  Scenario: Estendi il servizio
    Dato che la lezione ha raggiunto "deploy"
    Quando eseguo:
      """
      liqoctl offload namespace liqo-demo \
        --namespace-mapping-strategy EnforceSameName \
        --pod-offloading-strategy Local
      """
    Allora namespaceoffloading "offloading" nel namespace "liqo-demo" nel cluster "london" corrisponde a:
      """
      spec:
        namespaceMappingStrategy: EnforceSameName
        podOffloadingStrategy: Local
      status:
        offloadingPhase: Ready
        remoteNamespaceName: liqo-demo
      """
    E service "flights-service" nel namespace "liqo-demo" è riflesso dal cluster "london" al cluster "newyork"
    E nessun pod nel namespace "liqo-demo" nel cluster "newyork" esiste per 1s
    Quando eseguo "kubectl get services --namespace liqo-demo --kubeconfig $KUBECONFIG_NEWYORK"
    Allora l'output è una tabella con:
      | NAME            | TYPE      | CLUSTER-IP    | EXTERNAL-IP | PORT(S)  |
      | flights-service | ClusterIP | /10\.\d+\..*/ | <none>      | 7999/TCP |
    Quando eseguo "kubectl get pods --namespace liqo-demo --kubeconfig $KUBECONFIG_NEWYORK"
    Allora l'output contiene "No resources found in liqo-demo namespace."
    Quando eseguo "kubectl get endpointslices --namespace liqo-demo --kubeconfig $KUBECONFIG_NEWYORK"
    Allora l'output è una tabella con:
      | NAME                 | ADDRESSTYPE | PORTS | ENDPOINTS         |
      | /flights-service-.+/ | IPv4        | 7999  | /10\.202\.0\.\d+/ |

  @step:consume
  Scenario: Leggi l'orario a New York
    Dato che la lezione ha raggiunto "offload"
    Quando eseguo:
      """
      kubectl run consumer --rm -i --image curlimages/curl --restart=Never --kubeconfig $KUBECONFIG_NEWYORK -- \
        curl -s -H 'accept: application/json' http://flights-service.liqo-demo:7999/schedule
      """
    Allora l'output contiene "New York JFK"
    E pod "consumer" nel namespace "default" nel cluster "newyork" non esiste
    Quando eseguo:
      """
      kubectl apply -f manifests/clerk.yaml --kubeconfig $KUBECONFIG_NEWYORK
      """
    Allora deployment "clerk" nel namespace "default" nel cluster "newyork" è Available
    E deployment "clerk" nel namespace "default" nel cluster "london" non esiste

  @step:scale
  Scenario: Tre sportelli invece di uno
    Dato che la lezione ha raggiunto "consume"
    Quando eseguo:
      """
      kubectl scale deployment flights-service -n liqo-demo --replicas=3
      """
    Allora esattamente 3 pods con label "run=flights-service" nel namespace "liqo-demo" nel cluster "london" sono Ready
    E ogni endpointslice con label "endpointslice.kubernetes.io/managed-by=endpointslice.reflection.liqo.io" nel namespace "liqo-demo" nel cluster "newyork" corrisponde a:
      """
      endpoints:
        - conditions: {ready: true}
        - conditions: {ready: true}
        - conditions: {ready: true}
      """
    E nessun pod nel namespace "liqo-demo" nel cluster "newyork" esiste per 1s
    Quando eseguo:
      """
      for request in 1 2 3 4 5 6 7 8 9; do
        kubectl exec deploy/clerk --kubeconfig $KUBECONFIG_NEWYORK -- curl -s http://flights-service.liqo-demo:7999/schedule
      done | grep -o 'flights-service-[a-z0-9-]*' | sort -u | wc -l
      """
    Allora l'output contiene "3"

  @step:home
  Scenario: Riprenditi il servizio
    Dato che la lezione ha raggiunto "scale"
    Quando eseguo:
      """
      liqoctl unoffload namespace liqo-demo
      """
    Allora namespace "liqo-demo" nel cluster "newyork" non esiste
    E deployment "flights-service" nel namespace "liqo-demo" nel cluster "london" è Available
    Quando eseguo:
      """
      liqoctl unpeer out-of-band newyork
      """
    Allora il cluster "london" non ha un peering con il cluster "newyork"
    E nessun node con label "liqo.io/type=virtual-node" nel cluster "london" esiste

  @step:destroy
  Scenario: Distruggi i cluster
    Dato che la lezione ha raggiunto "home"
    Quando eseguo:
      """
      kind delete cluster --name london
      kind delete cluster --name newyork
      """
    Allora il cluster "london" non esiste
    E il cluster "newyork" non esiste
