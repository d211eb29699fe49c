# The commands are those of the page "Replicated Deployments" of Liqo 0.7, as far as they are about namespaces and pods.
# liqolab: tags @journey
# liqolab: ignore scenario-long
@journey
Feature: The page "Replicated Deployments" of Liqo 0.7
  A deployment in the cloud has its pods on the edges, as many on one as on the other. All of it works in 0.5.

  Background:
    Given a playground with clusters:
      | name              | type        |
      | europe-cloud      | origin      |
      | europe-rome-edge  | destination |
      | europe-milan-edge | destination |

  Scenario: Peer with the edges and spread a deployment over them
    When I run:
      """
      export KUBECONFIG="$KUBECONFIG_EUROPE_CLOUD"
      liqoctl install kind --cluster-name europe-cloud --cluster-labels "topology.liqo.io/type=origin" \
          --kubeconfig "$KUBECONFIG_EUROPE_CLOUD"
      liqoctl install kind --cluster-name europe-rome-edge --cluster-labels "topology.liqo.io/type=destination" \
          --kubeconfig "$KUBECONFIG_EUROPE_ROME_EDGE"
      liqoctl install kind --cluster-name europe-milan-edge --cluster-labels "topology.liqo.io/type=destination" \
          --kubeconfig "$KUBECONFIG_EUROPE_MILAN_EDGE"
      """
    Then Liqo is installed in cluster "europe-cloud"
    When I run:
      """
      PEER_EUROPE_ROME_EDGE=$(liqoctl generate peer-command --only-command --kubeconfig $KUBECONFIG_EUROPE_ROME_EDGE)
      PEER_EUROPE_MILAN_EDGE=$(liqoctl generate peer-command --only-command --kubeconfig $KUBECONFIG_EUROPE_MILAN_EDGE)
      echo "$PEER_EUROPE_ROME_EDGE" | bash
      echo "$PEER_EUROPE_MILAN_EDGE" | bash
      kubectl get foreignclusters
      """
    Then the output is a table with:
      | NAME              | OUTGOING PEERING | INCOMING PEERING | NETWORKING  | AUTHENTICATION |
      | europe-milan-edge | Established      | None             | Established | Established    |
      | europe-rome-edge  | Established      | None             | Established | Established    |
    When I run:
      """
      kubectl get node --selector=liqo.io/type=virtual-node --show-labels
      """
    Then the output is a table with:
      | NAME                   | STATUS | ROLES | LABELS                                        |
      | liqo-europe-milan-edge | Ready  | agent | /.*topology\.liqo\.io/type=destination(,.*)?/ |
      | liqo-europe-rome-edge  | Ready  | agent | /.*topology\.liqo\.io/type=destination(,.*)?/ |
    When I run:
      """
      kubectl create namespace liqo-demo
      liqoctl offload namespace liqo-demo \
          --namespace-mapping-strategy EnforceSameName \
          --pod-offloading-strategy Remote \
          --selector 'topology.liqo.io/type=destination'
      kubectl get namespaces liqo-demo --kubeconfig $KUBECONFIG_EUROPE_ROME_EDGE
      kubectl get namespaces liqo-demo --kubeconfig $KUBECONFIG_EUROPE_MILAN_EDGE
      """
    Then namespace "liqo-demo" exists in cluster "europe-rome-edge"
    And namespace "liqo-demo" exists in cluster "europe-milan-edge"
    When I run:
      """
      kubectl apply -n liqo-demo -f - <<'END'
      apiVersion: apps/v1
      kind: Deployment
      metadata: {name: liqo-demo-app}
      spec:
        replicas: 2
        selector: {matchLabels: {app: liqo-demo-app}}
        template:
          metadata: {labels: {app: liqo-demo-app}}
          spec:
            topologySpreadConstraints:
              - maxSkew: 1
                topologyKey: kubernetes.io/hostname
                whenUnsatisfiable: DoNotSchedule
                labelSelector: {matchLabels: {app: liqo-demo-app}}
            containers: [{name: nginx, image: nginxdemos/hello}]
      END
      """
    Then exactly 2 pods matching "app=liqo-demo-app" in namespace "liqo-demo" in cluster "europe-cloud" are Ready
    And exactly 1 pods matching "app=liqo-demo-app" in namespace "liqo-demo" in cluster "europe-rome-edge" are Ready
    And exactly 1 pods matching "app=liqo-demo-app" in namespace "liqo-demo" in cluster "europe-milan-edge" are Ready
    When I run:
      """
      kubectl scale deployment liqo-demo-app -n liqo-demo --replicas 4
      """
    Then exactly 2 pods matching "app=liqo-demo-app" in namespace "liqo-demo" in cluster "europe-rome-edge" are Ready
    And exactly 2 pods matching "app=liqo-demo-app" in namespace "liqo-demo" in cluster "europe-milan-edge" are Ready
    When I run:
      """
      kubectl delete deployment liqo-demo-app -n liqo-demo
      liqoctl unoffload namespace liqo-demo
      liqoctl unpeer out-of-band europe-rome-edge
      liqoctl unpeer out-of-band europe-milan-edge
      """
    Then cluster "europe-cloud" is not peered with cluster "europe-rome-edge"
    And cluster "europe-cloud" is not peered with cluster "europe-milan-edge"
    When I run:
      """
      kubectl delete namespace liqo-demo
      liqoctl uninstall --purge
      liqoctl uninstall --kubeconfig="$KUBECONFIG_EUROPE_ROME_EDGE" --purge
      liqoctl uninstall --kubeconfig="$KUBECONFIG_EUROPE_MILAN_EDGE" --purge
      """
    Then namespace "liqo-demo" does not exist in cluster "europe-cloud"
    And cluster "europe-cloud" knows no kind of group "liqo.io"
    And cluster "europe-rome-edge" knows no kind of group "liqo.io"
    And cluster "europe-milan-edge" knows no kind of group "liqo.io"
