# language: it
# liqolab: tags @journey
@journey
Funzionalità: Offloading con politiche
  Venezia è dove si distribuiscono le applicazioni; Firenze (al centro) e Napoli (al sud) prestano le loro risorse. Un
  namespace è esteso solo al cluster del sud, e i pod possono girare lì o a casa. La politica è dell'infrastruttura: chi
  distribuisce non deve saperne nulla, e non può aggirarla.

  # liqolab: ignore scenario-long
  @step:provision
  Scenario: Prepara il laboratorio
    Quando eseguo:
      """
      ./setup.sh
      """
    Allora Liqo è installato nel cluster "venice"
    E Liqo è installato nel cluster "florence"
    E Liqo è installato nel cluster "naples"
    Quando eseguo:
      """
      export KUBECONFIG="$PWD/liqo_kubeconf_venice"
      export KUBECONFIG_FLORENCE="$PWD/liqo_kubeconf_florence"
      export KUBECONFIG_NAPLES="$PWD/liqo_kubeconf_naples"
      """
    E eseguo "liqoctl status"
    Allora il comando riesce
    E l'output contiene:
      """
      liqo control plane namespace liqo exists
      control plane pods are up and running
      Cluster Name: venice
      topology.liqo.io/region: north
      Pod CIDR: 10.200.0.0/16
      External CIDR: 10.201.0.0/16
      """
    Quando eseguo "liqoctl --kubeconfig $KUBECONFIG_FLORENCE status"
    Allora il comando riesce
    E l'output contiene "topology.liqo.io/region: center"
    Quando eseguo "liqoctl --kubeconfig $KUBECONFIG_NAPLES status"
    Allora il comando riesce
    E l'output contiene "topology.liqo.io/region: south"

  @step:peer
  Scenario: Collega i cluster
    Dato che la lezione ha raggiunto "provision"
    Quando eseguo:
      """
      PEER_FLORENCE=$(liqoctl generate peer-command --only-command --kubeconfig $KUBECONFIG_FLORENCE)
      PEER_NAPLES=$(liqoctl generate peer-command --only-command --kubeconfig $KUBECONFIG_NAPLES)
      """
    E eseguo:
      """
      echo "$PEER_FLORENCE" | bash
      echo "$PEER_NAPLES" | bash
      """
    Allora il cluster "venice" ha un peering con il cluster "florence"
    E il cluster "venice" ha un peering con il cluster "naples"
    Quando eseguo "kubectl get foreignclusters"
    Allora l'output è una tabella con:
      | NAME     | OUTGOING PEERING | INCOMING PEERING | NETWORKING  | AUTHENTICATION |
      | florence | Established      | None             | Established | Established    |
      | naples   | Established      | None             | Established | Established    |
    E node "liqo-florence" nel cluster "venice" è Ready
    E node "liqo-naples" nel cluster "venice" è Ready
    E esistono esattamente 2 nodes con label "liqo.io/type=virtual-node" nel cluster "venice"
    Quando eseguo "kubectl get node --selector=liqo.io/type=virtual-node --show-labels"
    Allora l'output è una tabella con:
      | NAME          | STATUS | ROLES | VERSION | LABELS                                     |
      | liqo-florence | Ready  | agent | v1.23.6 | /.*topology\.liqo\.io/region=center(,.*)?/ |
      | liqo-naples   | Ready  | agent | v1.23.6 | /.*topology\.liqo\.io/region=south(,.*)?/  |

  @step:offload
  Scenario: Regola l'offloading del namespace
    Dato che la lezione ha raggiunto "peer"
    Quando eseguo:
      """
      kubectl create namespace liqo-demo
      liqoctl offload namespace liqo-demo \
        --namespace-mapping-strategy EnforceSameName \
        --pod-offloading-strategy LocalAndRemote \
        --selector 'topology.liqo.io/region=south'
      """
    Allora namespaceoffloading "offloading" nel namespace "liqo-demo" nel cluster "venice" corrisponde a:
      """
      spec:
        namespaceMappingStrategy: EnforceSameName
        podOffloadingStrategy: LocalAndRemote
      status:
        offloadingPhase: Ready
        remoteNamespaceName: liqo-demo
      """
    Quando eseguo "kubectl get namespaceoffloadings offloading -n liqo-demo -o yaml"
    Allora l'output contiene:
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
    Quando eseguo "kubectl get namespaces liqo-demo --kubeconfig=$KUBECONFIG_NAPLES"
    Allora l'output è una tabella con:
      | NAME      | STATUS |
      | liqo-demo | Active |
    Quando eseguo "kubectl get namespaces liqo-demo --kubeconfig=$KUBECONFIG_FLORENCE"
    Allora il comando fallisce con codice di uscita 1
    E l'output contiene:
      """
      Error from server (NotFound): namespaces "liqo-demo" not found
      """
    E namespace "liqo-demo" nel cluster "naples" esiste
    E namespace "liqo-demo" nel cluster "florence" non esiste per 1s

  @step:deploy
  Scenario: Distribuisci le applicazioni
    Dato che la lezione ha raggiunto "offload"
    Quando eseguo:
      """
      kubectl apply -f ./manifests/deploy.yaml -n liqo-demo
      """
    Allora un pod con label "app=app-south" nel namespace "liqo-demo" nel cluster "venice" gira sul nodo "liqo-naples"
    E un pod con label "app=app-south" nel namespace "liqo-demo" nel cluster "venice" ha un indirizzo in "10.204.0.0/16"
    E i pod con label "app=app-south" nel namespace "liqo-demo" offloaded dal cluster "venice" girano nel cluster "naples"
    E un pod con label "app=app-center" nel namespace "liqo-demo" nel cluster "venice" non trova un nodo perché "3 node(s) didn't match Pod's node affinity/selector"
    E un pod con label "app=app-center" nel namespace "liqo-demo" nel cluster "venice" è Pending per 1s
    E esistono esattamente 2 pods nel namespace "liqo-demo" nel cluster "venice"
    E namespace "liqo-demo" nel cluster "florence" non esiste
    Quando eseguo "kubectl get pod -n liqo-demo -o wide"
    Allora l'output è una tabella con:
      | NAME                               | READY | STATUS  | RESTARTS | IP                | NODE        | NOMINATED NODE | READINESS GATES |
      | /app-center-[a-z0-9]+-[a-z0-9]{5}/ | 0/1   | Pending | 0        | <none>            | <none>      | <none>         | <none>          |
      | /app-south-[a-z0-9]+-[a-z0-9]{5}/  | 1/1   | Running | 0        | /10\.204\.0\.\d+/ | liqo-naples | <none>         | <none>          |

  @step:relax
  Scenario: Togli l'affinità in conflitto
    Dato che la lezione ha raggiunto "deploy"
    Quando eseguo:
      """
      kubectl patch deployment app-center -n liqo-demo --type=json -p '[{"op": "remove", "path": "/spec/template/spec/affinity"}]'
      """
    Allora deployment "app-center" nel namespace "liqo-demo" nel cluster "venice" è Available
    E un pod con label "app=app-center" nel namespace "liqo-demo" nel cluster "venice" gira su uno dei nodi "venice-control-plane, liqo-naples"
    E nessun pod nel namespace "liqo-demo" nel cluster "venice" è sul nodo "liqo-florence" per 1s

  @step:unoffload
  Scenario: Riporta a casa il namespace
    Dato che la lezione ha raggiunto "relax"
    Quando eseguo:
      """
      liqoctl unoffload namespace liqo-demo
      """
    Allora namespace "liqo-demo" nel cluster "naples" non esiste
    E namespace "liqo-demo" nel cluster "venice" esiste
    E namespaceoffloading "offloading" nel namespace "liqo-demo" nel cluster "venice" non esiste
    E nessun pod nel namespace "liqo-demo" nel cluster "venice" è sul nodo "liqo-naples"

  @step:unpeer
  Scenario: Revoca i peering
    Dato che la lezione ha raggiunto "unoffload"
    Quando eseguo:
      """
      liqoctl unpeer out-of-band florence
      liqoctl unpeer out-of-band naples
      """
    Allora nessun node con label "liqo.io/type=virtual-node" nel cluster "venice" esiste
    E il cluster "venice" non ha un peering con il cluster "florence"
    E il cluster "venice" non ha un peering con il cluster "naples"

  @step:uninstall
  Scenario: Disinstalla Liqo
    Dato che la lezione ha raggiunto "unpeer"
    Quando eseguo:
      """
      liqoctl uninstall
      liqoctl uninstall --kubeconfig="$KUBECONFIG_FLORENCE"
      liqoctl uninstall --kubeconfig="$KUBECONFIG_NAPLES"
      """
    Allora nessun deployment con label "app.kubernetes.io/part-of=liqo" nel cluster "venice" esiste
    E nessun deployment con label "app.kubernetes.io/part-of=liqo" nel cluster "florence" esiste
    E nessun deployment con label "app.kubernetes.io/part-of=liqo" nel cluster "naples" esiste
    Quando eseguo:
      """
      liqoctl uninstall --purge
      liqoctl uninstall --kubeconfig="$KUBECONFIG_FLORENCE" --purge
      liqoctl uninstall --kubeconfig="$KUBECONFIG_NAPLES" --purge
      """
    Allora il cluster "venice" non conosce kind del gruppo "liqo.io"
    E il cluster "florence" non conosce kind del gruppo "liqo.io"
    E il cluster "naples" non conosce kind del gruppo "liqo.io"
    E namespace "liqo" nel cluster "venice" non esiste

  @step:destroy
  Scenario: Elimina i cluster
    Dato che la lezione ha raggiunto "uninstall"
    Quando eseguo:
      """
      kind delete cluster --name venice
      kind delete cluster --name florence
      kind delete cluster --name naples
      """
    Allora il cluster "venice" non esiste
    E il cluster "florence" non esiste
    E il cluster "naples" non esiste
