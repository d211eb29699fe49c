# language: it
# liqolab: tags @journey
@journey
Funzionalità: Quando Napoli sparisce
  Venezia ha dei pod a Napoli. Prima si taglia un cavo, poi a Napoli manca la corrente. Che cosa ne vede Venezia, che cosa fa da sé
  e quando, e che cosa resta da fare alle persone.

  @step:provision
  Scenario: Crea due cluster con Liqo
    Quando eseguo:
      """
      ./setup.sh
      """
    Allora Liqo è installato nel cluster "venice"
    E Liqo è installato nel cluster "naples"
    Quando eseguo:
      """
      export KUBECONFIG="$PWD/liqo_kubeconf_venice"
      export KUBECONFIG_NAPLES="$PWD/liqo_kubeconf_naples"
      """
    E eseguo "liqoctl status"
    Allora l'output contiene "Cluster Name: venice"
    Quando eseguo "liqoctl status --kubeconfig $KUBECONFIG_NAPLES"
    Allora l'output contiene "Cluster Name: naples"

  @step:peer
  Scenario: Collega Venezia con Napoli
    Dato che la lezione ha raggiunto "provision"
    Quando eseguo:
      """
      PEER_NAPLES=$(liqoctl generate peer-command --only-command --kubeconfig $KUBECONFIG_NAPLES)
      """
    E eseguo:
      """
      echo "$PEER_NAPLES" | bash
      """
    Allora il comando riesce
    E l'output non contiene "command not found"
    E il cluster "venice" ha un peering con il cluster "naples"
    E il cluster "naples" non ha un peering con il cluster "venice"

  @step:deploy
  Scenario: Manda qualcuno a Napoli
    Dato che la lezione ha raggiunto "peer"
    Quando eseguo:
      """
      kubectl create namespace liqo-demo
      liqoctl offload namespace liqo-demo --namespace-mapping-strategy EnforceSameName
      """
    Allora il namespace "liqo-demo" nel cluster "venice" è in offloading sul cluster "naples"
    E namespace "liqo-demo" nel cluster "naples" esiste
    Quando eseguo:
      """
      kubectl apply -f manifests/patient.yaml -n liqo-demo
      """
    Allora deployment "patient" nel namespace "liqo-demo" nel cluster "venice" è Available
    E un pod con label "app=patient" nel namespace "liqo-demo" nel cluster "venice" gira sul nodo "liqo-naples"

  # liqolab: ignore scenario-long
  @step:cut
  Scenario: Taglia il cavo
    Dato che la lezione ha raggiunto "deploy"
    Quando eseguo:
      """
      liqolab chaos cut venice-naples
      """
    E eseguo "kubectl wait node/liqo-naples --for=condition=Ready=False --timeout=60s"
    Allora l'output contiene "node/liqo-naples condition met"
    Quando eseguo "kubectl get foreignclusters"
    Allora l'output è una tabella con:
      | NAME   | OUTGOING PEERING | NETWORKING |
      | naples | Established      | Pending    |
    Quando eseguo "kubectl get pods -n liqo-demo --kubeconfig $KUBECONFIG_NAPLES"
    Allora l'output è una tabella con:
      | NAME         | READY | STATUS  | RESTARTS |
      | /patient-.*/ | 1/1   | Running | 0        |
    Quando eseguo:
      """
      liqolab chaos heal venice-naples
      """
    E eseguo "kubectl wait node/liqo-naples --for=condition=Ready --timeout=60s"
    Allora l'output contiene "node/liqo-naples condition met"
    E il cluster "venice" ha un peering con il cluster "naples" entro 60s
    E i pod con label "app=patient" nel namespace "liqo-demo" offloaded dal cluster "venice" girano nel cluster "naples"

  # liqolab: ignore scenario-long
  @step:kill
  Scenario: Napoli non c'è più
    Dato che la lezione ha raggiunto "cut"
    Quando eseguo:
      """
      kubectl apply -f manifests/impatient.yaml -n liqo-demo
      kubectl rollout status deployment/impatient -n liqo-demo --timeout=60s
      """
    E eseguo "kubectl get pods -n liqo-demo -o wide"
    Allora l'output è una tabella con:
      | NAME           | READY | STATUS  | NODE        |
      | /impatient-.*/ | 1/1   | Running | liqo-naples |
      | /patient-.*/   | 1/1   | Running | liqo-naples |
    Quando eseguo:
      """
      liqolab chaos kill naples
      """
    E eseguo "kubectl wait node/liqo-naples --for=condition=Ready=Unknown --timeout=90s"
    Allora l'output contiene "node/liqo-naples condition met"
    E un pod con label "app=impatient" nel namespace "liqo-demo" nel cluster "venice" gira sul nodo "venice-control-plane" entro 60s
    Quando eseguo "kubectl get pods -n liqo-demo -o wide"
    Allora l'output corrisponde a:
      """
      (?s).*impatient-\S+ +1/1 +Running +0 +\S+ +10\.200\.\S+ +venice-control-plane.*\spatient-.* liqo-naples .*
      """
    Quando eseguo:
      """
      liqolab chaos heal naples
      """
    E eseguo "kubectl wait node/liqo-naples --for=condition=Ready --timeout=90s"
    Allora l'output contiene "node/liqo-naples condition met"
    E i pod con label "app=patient" nel namespace "liqo-demo" offloaded dal cluster "venice" girano nel cluster "naples" entro 60s
    E nessun pod con label "app=impatient" nel namespace "liqo-demo" nel cluster "naples" esiste entro 60s

  @step:home
  Scenario: Riporta tutti a casa
    Dato che la lezione ha raggiunto "kill"
    Quando eseguo:
      """
      liqoctl unoffload namespace liqo-demo
      """
    Allora namespace "liqo-demo" nel cluster "naples" non esiste
    E un pod con label "app=patient" nel namespace "liqo-demo" nel cluster "venice" gira sul nodo "venice-control-plane"
    Quando eseguo:
      """
      liqoctl unpeer out-of-band naples
      """
    Allora il cluster "venice" non ha un peering con il cluster "naples"
    E nessun node con label "liqo.io/type=virtual-node" nel cluster "venice" esiste

  @step:destroy
  Scenario: Distruggi i cluster
    Dato che la lezione ha raggiunto "home"
    Quando eseguo:
      """
      kind delete cluster --name venice
      kind delete cluster --name naples
      """
    Allora il cluster "venice" non esiste
    E il cluster "naples" non esiste
