package io.portcullis.simulation;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * What a simulation counted and measured. Messages are those between nodes.
 *
 * @param startSeconds of the processor's time until all hosts were there, all tenants were made and all VMs attached and enforced, and so on one core what all nodes do together
 * @param attach messages of all attaches together
 * @param steady what goes on while nothing happens
 * @param away the same, while a host is away that had its VMs
 * @param directoryBytes of what the columns of all placements hold
 * @param journalBytes of all events and snapshots that are stored
 * @param heapPerHost bytes of an empty host and its actors
 * @param heapPerVnic bytes of all that the nodes keep for a vNIC at rest, without journal and directory
 * @param changes what single changes cost
 * @param lost messages that no actor got, by what became of them
 * @param largestMessage bytes of the largest message
 */
record SimResult(
        SimShape shape,
        double startSeconds,
        Kinds attach,
        Steady steady,
        Steady away,
        int directoryRows,
        long directoryBytes,
        long journalBytes,
        long events,
        double heapPerHost,
        double heapPerVnic,
        List<Change> changes,
        Map<String, Long> lost,
        long largestMessage,
        String largestKind,
        int longestMailbox) {
    /** Messages by kind. */
    record Kinds(long messages, long bytes, long unserializable, Map<String, Long> counts) {
        static Kinds of(Traffic traffic) {
            return new Kinds(traffic.messages(), traffic.bytes(), traffic.unserializable(), traffic.counts());
        }

        long count(String kind) {
            return counts.getOrDefault(kind, 0L);
        }

        private String json() {
            String each = counts.entrySet().stream()
                    .sorted(Map.Entry.comparingByKey())
                    .map(entry -> "\"" + entry.getKey() + "\":" + entry.getValue())
                    .collect(Collectors.joining(","));
            return "{\"messages\":" + messages + ",\"bytes\":" + bytes + ",\"kinds\":{" + each + "}}";
        }

        private String words() {
            return counts.entrySet().stream()
                    .sorted(Map.Entry.<String, Long>comparingByValue().reversed())
                    .map(entry -> entry.getValue() + " " + entry.getKey())
                    .collect(Collectors.joining(", "));
        }
    }

    /**
     * What goes on all the time.
     *
     * @param seconds of virtual time
     * @param busiest messages to the node that got most
     * @param rowsRead of the directory of placements
     */
    record Steady(int hosts, int seconds, Kinds sent, long busiest, long rowsRead) {
        /** Messages a second that a host sends and gets, each counted once. */
        double perHost() {
            return (double) sent.messages() / seconds / hosts;
        }

        double rowsPerSecond() {
            return (double) rowsRead / seconds;
        }

        private String json() {
            return String.format(
                    Locale.ROOT,
                    "{\"messagesPerHostSecond\":%.3f,\"busiestPerSecond\":%.1f,\"rowsReadPerSecond\":%.1f,\"seconds\":%d,"
                        + "\"sent\":%s}",
                    perHost(),
                    (double) busiest / seconds,
                    rowsPerSecond(),
                    seconds,
                    sent.json());
        }

        private String words() {
            return String.format(
                    Locale.ROOT,
                    "%,10.2f messages a second for a host, %,.1f to the busiest, %,.1f rows read",
                    perHost(),
                    (double) busiest / seconds,
                    rowsPerSecond());
        }
    }

    /**
     * What one change cost.
     *
     * @param vnics whose rules it changed, or that came or went
     * @param millis of virtual time until the last message that it caused
     * @param events journaled
     */
    record Change(String name, Kinds sent, long vnics, double millis, long events) {
        private String json() {
            return String.format(
                    Locale.ROOT,
                    "{\"name\":\"%s\",\"vnics\":%d,\"millis\":%.1f,\"events\":%d,\"sent\":%s}",
                    name,
                    vnics,
                    millis,
                    events,
                    sent.json());
        }
    }

    Change change(String name) {
        return changes.stream()
                .filter(change -> change.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no change " + name));
    }

    double attachPerVm() {
        return (double) attach.messages() / shape.vms();
    }

    String json() {
        String each = changes.stream().map(Change::json).collect(Collectors.joining(","));
        String losses = lost.entrySet().stream()
                .sorted(Map.Entry.comparingByKey())
                .map(entry -> "\"" + entry.getKey().replace('"', '\'') + "\":" + entry.getValue())
                .collect(Collectors.joining(","));
        return String.format(
                Locale.ROOT,
                "{\"hosts\":%d,\"vnics\":%d,\"vms\":%d,\"tenants\":%d,\"startSeconds\":%.1f,\"attachMessagesPerVm\":%.2f,"
                    + "\"attach\":%s,\"steady\":%s,\"away\":%s,\"directoryRows\":%d,\"directoryBytes\":%d,"
                    + "\"journalBytes\":%d,\"events\":%d,\"heapBytesPerHost\":%.0f,\"heapBytesPerVnic\":%.0f,"
                    + "\"largestMessageBytes\":%d,\"largestMessage\":\"%s\",\"longestMailbox\":%d,"
                    + "\"changes\":[%s],\"lost\":{%s}}",
                shape.hosts(),
                shape.vnics(),
                shape.vms(),
                shape.tenants(),
                startSeconds,
                attachPerVm(),
                attach.json(),
                steady.json(),
                away.json(),
                directoryRows,
                directoryBytes,
                journalBytes,
                events,
                heapPerHost,
                heapPerVnic,
                largestMessage,
                largestKind,
                longestMailbox,
                each,
                losses);
    }

    String table() {
        StringBuilder text = new StringBuilder(String.format(
                Locale.ROOT,
                "%,d hosts, %,d vNICs of %,d VMs, %d tenants%nstart            %,10.1f s of one core for all nodes"
                    + " together%nattach of a VM   %,10.2f messages%nsteady           %s%nhost away       "
                    + " %s%ndirectory        %,10d rows, %,d bytes%njournal          %,10d events written, %,d bytes"
                    + " stored%nheap             %,10.0f bytes a vNIC, %,.0f an empty host%nlargest message  %,10d"
                    + " bytes (%s); %,d in the longest mailbox%n",
                shape.hosts(),
                shape.vnics(),
                shape.vms(),
                shape.tenants(),
                startSeconds,
                attachPerVm(),
                steady.words(),
                away.words(),
                directoryRows,
                directoryBytes,
                events,
                journalBytes,
                heapPerVnic,
                heapPerHost,
                largestMessage,
                largestKind,
                longestMailbox));
        for (Change change : changes) {
            text.append(String.format(
                    Locale.ROOT,
                    "%-16s %,10d messages, %,d bytes, %,.0f ms; %,d vNICs, %d events: %s%n",
                    change.name(),
                    change.sent().messages(),
                    change.sent().bytes(),
                    change.millis(),
                    change.vnics(),
                    change.events(),
                    change.sent().words()));
        }
        text.append("when nothing happens: ").append(steady.sent().words());
        lost.forEach((what, count) -> text.append(String.format("%nnobody got: %,d %s", count, what)));
        return text.toString();
    }
}
