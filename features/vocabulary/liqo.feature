# It shows sentences rather than telling a story, so its scenarios are long.
# liqolab: ignore scenario-long
Feature: Liqo
  Peering, offloading and what comes of it on both sides. What a scenario peers, it peers for itself.

  Background:
    Given a playground from scenario "offloading-with-policies"
    And I peer cluster "venice" with cluster "naples"

  Scenario: A peering and its end
    # liqolab: ignore then-before-when
    Then cluster "venice" is peered with cluster "naples" within 60s
    And cluster "venice" is not peered with cluster "florence"
    And a virtual node for cluster "naples" exists in cluster "venice"
    And a virtual node for cluster "naples" exists in cluster "venice" with labels:
      """
      topology.liqo.io/region: south
      liqo.io/type: virtual-node
      """
    And resources of peering "venice→naples" are:
      | resource | operator | value |
      | cpu      | >        | 500m  |
      | memory   | >=       | 1Gi   |
    When I create namespace "{namespace}" in cluster "venice"
    And I offload namespace "{namespace}" in cluster "venice"
    Then namespace "{namespace}" in cluster "venice" is offloaded to cluster "naples"
    When I unoffload namespace "{namespace}" in cluster "venice"
    And I unpeer cluster "venice" from cluster "naples"
    Then cluster "venice" is not peered with cluster "naples"
    And node "liqo-naples" does not exist in cluster "venice"

  Scenario: An offloaded namespace and its pods
    Given I am using cluster "venice"
    When I create namespace "{namespace}" in cluster "venice"
    And I offload namespace "{namespace}" with:
      | mapping strategy | EnforceSameName               |
      | pod strategy     | Remote                        |
      | selector         | topology.liqo.io/region=south |
    Then namespace "{namespace}" is offloaded to cluster "naples" but not to cluster "florence"
    When I apply:
      """
      apiVersion: v1
      kind: Pod
      metadata: {name: web, labels: {app: web}}
      spec: {containers: [{name: web, image: nginx}]}
      ---
      apiVersion: v1
      kind: ConfigMap
      metadata: {name: settings}
      data: {colour: blue}
      """
    Then pod "web" is scheduled on a virtual node
    And pod "web" offloaded from cluster "venice" runs in cluster "naples"
    And pods matching "app=web" offloaded from cluster "venice" run in cluster "naples"
    And configmap "settings" is reflected from cluster "venice" to cluster "naples"
    And namespace "{namespace}" does not exist in cluster "florence"
    When I drain node "liqo-naples"
    Then pod "web" does not exist
    And node "liqo-naples" has field "{.spec.unschedulable}" = "true"
    When I unoffload namespace "{namespace}"
    Then namespace "{namespace}" is not offloaded
    And namespace "{namespace}" does not exist in cluster "naples"
