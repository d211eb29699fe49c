Feature: The playground
  Which clusters there are, and that Liqo is on them.

  Scenario: The clusters of a lesson
    Given a playground from scenario "offloading-with-policies"
    And Liqo is installed in every cluster
    And Liqo is installed in cluster "venice"
    Then cluster "venice" is reachable
    And cluster "naples" has label "topology.liqo.io/region=south"

  Scenario: The clusters of a table
    Given a playground with clusters:
      | name   | region |
      | venice | north  |
      | naples | south  |
    Then cluster "naples" is reachable within 10s
    And node "naples-control-plane" in cluster "naples" is Ready
