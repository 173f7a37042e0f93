package io.portcullis.api;

import java.util.List;

/**
 * A compiled rule in force at a vNIC.
 *
 * @param position from 1, in the order of evaluation
 * @param id stable while the rule keeps its name
 * @param name {@code policy/rule}
 */
public record RuleView(
        int position,
        long id,
        String name,
        String category,
        String direction,
        String family,
        List<String> sources,
        List<String> destinations,
        List<String> services,
        String action,
        String liveFlows,
        boolean log) {}
