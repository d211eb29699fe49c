# The commands are those of the page "Stateful Applications" of Liqo 0.5. Its database is a Helm chart with images that
# nothing here stands for; two Redis servers take its place, which do not share their data.
# liqolab: tags @journey
# liqolab: ignore scenario-long
@journey
Feature: The page "Stateful Applications" of Liqo 0.5
  One replica of a database in Turin and one in Lyon; each comes back to its data.

  Background:
    Given a playground with clusters:
      | name  | region |
      | turin | south  |
      | lyon  | west   |

  Scenario: Peer, deploy a database over two clusters, lose a replica, and take everything back
    When I run:
      """
      export KUBECONFIG="$KUBECONFIG_TURIN"
      liqoctl install kind --cluster-name turin
      liqoctl install kind --cluster-name lyon --kubeconfig "$KUBECONFIG_LYON"
      """
    Then Liqo is installed in cluster "turin"
    And Liqo is installed in cluster "lyon"
    When I run:
      """
      PEER_LYON=$(liqoctl generate peer-command --only-command --kubeconfig $KUBECONFIG_LYON)
      echo "$PEER_LYON" | bash
      kubectl get foreignclusters
      """
    Then the output contains "lyon   Established        None               Established   Established"
    And node "liqo-lyon" in cluster "turin" is Ready
    When I run:
      """
      kubectl create namespace liqo-demo
      liqoctl offload namespace liqo-demo --namespace-mapping-strategy EnforceSameName
      kubectl apply -n liqo-demo -f - <<'END'
      apiVersion: v1
      kind: Service
      metadata: {name: db}
      spec:
        clusterIP: None
        selector: {app: db}
        ports: [{name: redis, port: 6379}]
      ---
      apiVersion: apps/v1
      kind: StatefulSet
      metadata: {name: db}
      spec:
        serviceName: db
        replicas: 2
        selector: {matchLabels: {app: db}}
        template:
          metadata: {labels: {app: db}}
          spec:
            affinity:
              podAntiAffinity:
                requiredDuringSchedulingIgnoredDuringExecution:
                  - labelSelector: {matchLabels: {app: db}}
                    topologyKey: kubernetes.io/hostname
            containers:
              - name: db
                image: redis:7
                args: [redis-server, --appendonly, "yes", --requirepass, password]
                ports: [{name: redis, containerPort: 6379}]
                volumeMounts: [{name: data, mountPath: /data}]
        volumeClaimTemplates:
          - metadata: {name: data}
            spec:
              storageClassName: liqo
              accessModes: [ReadWriteOnce]
              resources: {requests: {storage: 100Mi}}
      END
      """
    Then exactly 2 pods matching "app=db" in namespace "liqo-demo" in cluster "turin" are Ready
    And a pod matching "app=db" in namespace "liqo-demo" in cluster "turin" runs on node "liqo-lyon"
    And a pod matching "app=db" in namespace "liqo-demo" in cluster "turin" runs on node "turin-control-plane"
    When I run:
      """
      kubectl get pods -n liqo-demo -o wide
      """
    Then the output contains "liqo-lyon"
    When I run:
      """
      kubectl get persistentvolumeclaims -n liqo-demo
      """
    Then the output is a table with:
      | NAME      | STATUS | CAPACITY | ACCESS MODES | STORAGECLASS |
      | data-db-0 | Bound  | 100Mi    | RWO          | liqo         |
      | data-db-1 | Bound  | 100Mi    | RWO          | liqo         |
    And exactly 1 persistentvolumeclaims in namespace "liqo-demo" in cluster "lyon" exist
    And exactly 1 persistentvolumeclaims in namespace "liqo-storage" in cluster "turin" exist
    When I run:
      """
      where() { kubectl get pods -n liqo-demo -o 'jsonpath={range .items[*]}{.metadata.name} {.spec.nodeName}{"\n"}{end}'; }
      before=$(where)
      for replica in db-0 db-1; do
        kubectl exec -n liqo-demo $replica -- redis-cli -a password SET Smith "John, $replica"
        kubectl delete pod $replica -n liqo-demo
      done
      """
    Then exactly 2 pods matching "app=db" in namespace "liqo-demo" in cluster "turin" are Ready
    When I run:
      """
      [ "$(where)" = "$before" ] && echo everyone came back
      """
    Then the output contains "everyone came back"
    When I run:
      """
      for replica in db-0 db-1; do
        kubectl run db-client --rm -i --restart=Never --namespace default --image redis:7 -- \
            redis-cli -h $replica.db.liqo-demo -a password GET Smith
      done
      """
    Then the output contains:
      """
      John, db-0
      John, db-1
      """
    When I run:
      """
      for replica in db-0 db-1; do
        kubectl run db-client --rm -i --restart=Never --namespace default --image redis:7 \
            --kubeconfig $KUBECONFIG_LYON -- redis-cli -h $replica.db.liqo-demo -a password GET Smith
      done
      """
    Then the output contains:
      """
      John, db-0
      John, db-1
      """
    When I run:
      """
      kubectl delete statefulset db -n liqo-demo
      kubectl delete persistentvolumeclaims --all -n liqo-demo
      """
    Then no persistentvolumeclaim in namespace "liqo-demo" in cluster "lyon" exists
    And no persistentvolume exists in cluster "turin"
    And no persistentvolume exists in cluster "lyon"
    When I run:
      """
      liqoctl unoffload namespace liqo-demo
      liqoctl unpeer out-of-band lyon
      """
    Then cluster "turin" is not peered with cluster "lyon"
    When I run:
      """
      kubectl delete namespace liqo-demo
      liqoctl uninstall --purge
      liqoctl uninstall --kubeconfig="$KUBECONFIG_LYON" --purge
      """
    Then namespace "liqo-demo" does not exist in cluster "turin"
    And cluster "turin" knows no kind of group "liqo.io"
    And cluster "lyon" knows no kind of group "liqo.io"
