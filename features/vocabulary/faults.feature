# It shows sentences rather than telling a story, so its scenarios are long.
# liqolab: ignore scenario-long
Feature: Faults
  Clusters that are gone or stand still, links that are cut or slow, and how all of it is mended.

  Background:
    Given a playground from scenario "offloading-with-policies"
    And I am using cluster "venice"
    And I peer cluster "venice" with cluster "naples"

  Scenario: A link that is cut, and one that is slow
    When the link between "venice" and "naples" is cut
    Then node "liqo-naples" is not Ready within 60s
    And cluster "naples" is reachable
    When the link between "venice" and "naples" is healed
    Then node "liqo-naples" is Ready within 60s
    When the link between "venice" and "naples" is slowed down by 50ms
    Then cluster "venice" is peered with cluster "naples" within 60s
    And node "liqo-naples" is Ready within 60s

  Scenario: A cluster that is gone, and one that stands still
    When cluster "naples" is killed
    Then cluster "naples" is not reachable
    And node "liqo-naples" is not Ready within 60s
    When cluster "naples" is healed
    Then cluster "naples" is reachable
    And node "liqo-naples" is Ready within 60s
    When cluster "naples" is paused
    Then node "liqo-naples" is not Ready within 60s
    When everything is healed
    Then node "liqo-naples" is Ready within 60s
    When the clock of cluster "naples" jumps ahead by 2h
    Then node "liqo-naples" is Ready
