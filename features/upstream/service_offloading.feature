# The commands are those of the page "Service Offloading" of Liqo 0.5; the manifests have the shape of its own.
# liqolab: tags @journey
# liqolab: ignore scenario-long
@journey
Feature: The page "Service Offloading" of Liqo 0.5
  London's service answers in New York, where no pod of it runs.

  Background:
    Given a playground with clusters:
      | name    | region  |
      | london  | europe  |
      | newyork | america |

  Scenario: Peer, offload a service, and consume it on both sides
    When I run:
      """
      export KUBECONFIG="$KUBECONFIG_LONDON"
      cd scenarios/a-service-everywhere/workdir
      liqoctl install kind --cluster-name london
      liqoctl install kind --cluster-name newyork --kubeconfig "$KUBECONFIG_NEWYORK"
      """
    Then Liqo is installed in cluster "london"
    And Liqo is installed in cluster "newyork"
    When I run:
      """
      PEER_NEW_YORK=$(liqoctl generate peer-command --only-command --kubeconfig $KUBECONFIG_NEWYORK)
      echo "$PEER_NEW_YORK" | bash
      kubectl get foreignclusters
      """
    Then the output contains "newyork   Established        None               Established   Established"
    When I run:
      """
      kubectl create namespace liqo-demo
      kubectl apply -f manifests/app.yaml -n liqo-demo
      liqoctl offload namespace liqo-demo \
          --namespace-mapping-strategy EnforceSameName \
          --pod-offloading-strategy Local
      """
    Then deployment "flights-service" in namespace "liqo-demo" in cluster "london" is Available
    And service "flights-service" in namespace "liqo-demo" is reflected from cluster "london" to cluster "newyork"
    When I run:
      """
      kubectl get services --namespace liqo-demo --kubeconfig "$KUBECONFIG_NEWYORK"
      """
    Then the output is a table with:
      | NAME            | TYPE      | CLUSTER-IP    | EXTERNAL-IP | PORT(S)  |
      | flights-service | ClusterIP | /10\.\d+\..*/ | <none>      | 7999/TCP |
    When I run:
      """
      kubectl get pods --namespace liqo-demo --kubeconfig "$KUBECONFIG_NEWYORK"
      """
    Then the output contains "No resources found in liqo-demo namespace."
    # The page opens a shell in these pods and types there; its pipe into jq only colours the answer.
    When I run:
      """
      echo "curl -s -H 'accept: application/json' http://flights-service.liqo-demo:7999/schedule" |
          kubectl run consumer --rm -i --image curlimages/curl --restart=Never -- /bin/sh
      """
    Then the output contains "New York JFK"
    When I run:
      """
      echo "curl -s -H 'accept: application/json' http://flights-service.liqo-demo:7999/schedule" |
          kubectl run consumer --rm -i --image curlimages/curl --restart=Never \
          --kubeconfig $KUBECONFIG_NEWYORK -- /bin/sh
      """
    Then the output contains "New York JFK"
    When I run:
      """
      liqoctl unoffload namespace liqo-demo
      liqoctl unpeer out-of-band newyork
      """
    Then cluster "london" is not peered with cluster "newyork"
    And namespace "liqo-demo" does not exist in cluster "newyork"
    When I run:
      """
      kubectl delete namespace liqo-demo
      liqoctl uninstall --purge
      liqoctl uninstall --kubeconfig="$KUBECONFIG_NEWYORK" --purge
      """
    Then namespace "liqo-demo" does not exist in cluster "london"
    And cluster "london" knows no kind of group "liqo.io"
    And cluster "newyork" knows no kind of group "liqo.io"
