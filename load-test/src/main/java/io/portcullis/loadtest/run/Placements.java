package io.portcullis.loadtest.run;

import io.portcullis.loadtest.history.History;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;

/** Where VMs are, which hosts take them, and who could enforce them when, as the runner knows it. Thread-safe. */
final class Placements {
    /** Where a VM came to, under which epoch; the place before it may have enforced until {@code sureNanos}. */
    private record Place(String host, long epoch, long fromNanos, long sureNanos) {}

    private final List<String> hosts;
    private final History history;
    private final Inventory inventory;
    /** By epoch: what became of two moves may be heard in another order. */
    private final Map<String, NavigableMap<Long, Place>> places = new HashMap<>();

    private final Map<String, Set<String>> moving = new HashMap<>();
    /** Of those that are moving, those of whose request nobody knows what became. */
    private final Set<String> unsure = new HashSet<>();

    private final Set<String> closed = new HashSet<>();
    private final Map<String, Map<String, Long>> outages = new HashMap<>();

    Placements(List<String> hosts, History history, Inventory inventory) {
        this.hosts = hosts;
        this.history = history;
        this.inventory = inventory;
    }

    synchronized void placed(String vm, String host, long epoch, long nanos) {
        came(vm, new Place(host, epoch, nanos, nanos));
    }

    private void came(String vm, Place place) {
        places.computeIfAbsent(vm, _ -> new TreeMap<>()).put(place.epoch(), place);
    }

    synchronized String host(String vm) {
        return place(vm).host();
    }

    private Place place(String vm) {
        NavigableMap<Long, Place> all = places.get(vm);
        if (all == null) {
            throw new IllegalArgumentException(vm + " was never placed");
        }
        return all.lastEntry().getValue();
    }

    /** The next host in order that takes VMs; the VM's own if there is none. */
    synchronized String next(String vm) {
        int at = hosts.indexOf(host(vm));
        for (int i = 1; i < hosts.size(); i++) {
            String host = hosts.get((at + i) % hosts.size());
            if (!closed.contains(host)) {
                return host;
            }
        }
        return host(vm);
    }

    /** Whether the VM can be moved: another step does not move it, and its host was not killed or is back. */
    synchronized boolean isFree(String vm) {
        return (!moving.containsKey(vm) || unsure.contains(vm)) && !outages.containsKey(host(vm));
    }

    /** As far as it is known. */
    synchronized long epoch(String vm) {
        return place(vm).epoch();
    }

    /** All that were placed. */
    synchronized List<String> all() {
        return List.copyOf(places.keySet());
    }

    synchronized void close(String host) {
        closed.add(host);
    }

    synchronized void open(String host) {
        closed.remove(host);
    }

    /** VMs that are on the host now, twins among them. */
    synchronized List<String> on(String host) {
        return places.keySet().stream()
                .filter(vm -> host(vm).equals(host))
                .sorted()
                .toList();
    }

    synchronized void begins(String vm, String to) {
        begins(vm, List.of(to));
    }

    /** It goes to a host that is not known yet. */
    synchronized void begins(String vm) {
        begins(vm, hosts.stream().filter(host -> !closed.contains(host)).toList());
    }

    private void begins(String vm, List<String> possible) {
        Set<String> between = moving.computeIfAbsent(vm, _ -> new HashSet<>());
        between.addAll(possible);
        between.add(host(vm));
        unsure.remove(vm);
        outages.forEach((host, its) -> {
            if (between.contains(host)) {
                its.putIfAbsent(vm, System.nanoTime());
            }
        });
    }

    /** The move has ended; where it committed the other host is the only one from now on. */
    synchronized void moved(String vm, String to, long epoch, long beganNanos, long endedNanos) {
        stayed(vm);
        came(vm, new Place(to, epoch, beganNanos, endedNanos));
    }

    /** The other host enforced it, or could have, under {@code epoch} less one, and was lost; it goes on where it was, under {@code epoch}. */
    synchronized void reclaimed(String vm, String to, long epoch, long beganNanos, long endedNanos) {
        String from = host(vm);
        moved(vm, to, epoch - 1, beganNanos, endedNanos);
        moved(vm, from, epoch, beganNanos, endedNanos);
    }

    /** What became of the request to move it is not known: it may be on either host, or on its way. */
    synchronized void unsure(String vm) {
        unsure.add(vm);
    }

    synchronized boolean isUnsure(String vm) {
        return unsure.contains(vm);
    }

    synchronized void stayed(String vm) {
        moving.remove(vm);
        unsure.remove(vm);
    }

    /** The host's process is killed: of its VMs, and of those that move from or to it, frames may be lost until it is back. */
    synchronized List<String> lost(String host, long nanos) {
        closed.add(host);
        Set<String> affected = new HashSet<>(on(host));
        moving.forEach((vm, between) -> {
            if (between.contains(host)) {
                affected.add(vm);
            }
        });
        Map<String, Long> its = outages.computeIfAbsent(host, _ -> new HashMap<>());
        affected.forEach(vm -> its.putIfAbsent(vm, nanos));
        return new ArrayList<>(affected);
    }

    synchronized void back(String host, long nanos) {
        closed.remove(host);
        Map<String, Long> its = outages.remove(host);
        if (its != null) {
            its.forEach((vm, since) ->
                    history.add(new History.Outage(inventory.end(vm).index(), since, nanos)));
        }
    }

    /** The run is over: what is still open ends with it. */
    synchronized void finish() {
        List.copyOf(outages.keySet()).forEach(host -> back(host, Long.MAX_VALUE >> 9));
        places.forEach((vm, all) -> all.values().forEach(place -> {
            Map.Entry<Long, Place> next = all.higherEntry(place.epoch());
            history.add(new History.Tenure(
                    inventory.end(vm).index(),
                    hosts.indexOf(place.host()),
                    place.epoch(),
                    place.fromNanos(),
                    next == null ? Long.MAX_VALUE : next.getValue().sureNanos()));
        }));
    }
}
