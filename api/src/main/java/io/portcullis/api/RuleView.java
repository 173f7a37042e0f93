package io.portcullis.api;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A compiled rule in force at a vNIC.
 *
 * @param position from 1, in the order of evaluation
 * @param id stable while the rule keeps its name
 * @param name {@code policy/rule}
 * @param ethernet what it wants of the Ethernet header, for example {@code arp}, {@code from !02:00:00:00:00:01}; empty for all frames
 * @param services an exclamation mark means: all but these
 * @param logLabel stands in each line that it logs, if it has one
 * @param stateful whether it judges connections, and not each packet by itself
 * @param tcpStrict whether a TCP connection that it allows must begin with a SYN; null as the table tracks
 */
public record RuleView(
        int position,
        long id,
        String name,
        String category,
        String direction,
        String family,
        List<String> ethernet,
        List<String> sources,
        List<String> destinations,
        List<String> services,
        String action,
        String liveFlows,
        boolean log,
        @Nullable String logLabel,
        boolean stateful,
        @Nullable Boolean tcpStrict) {}
