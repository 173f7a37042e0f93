package io.portcullis.migration.model;

import io.portcullis.persistence.CheckpointPosition;
import io.portcullis.policy.HostId;
import io.portcullis.policy.VmId;
import io.portcullis.policy.VnicId;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Decides, on the host that enforces them, which VMs' checkpoints go to which other host, and what of them is to be sent next. Without an actor, a clock or
 * a message; not thread-safe.
 *
 * <p>Of each VM one piece is on its way at a time. A checkpoint that begins anew is sent from its first byte; the other host keeps the one before until it
 * has the new one whole. A host that refuses, or is no member for a while, is left for another one: the one that, of those that may be, a hash of VM and host chooses, so
 * that the replicas of a host's VMs are spread over all others.
 */
public final class ReplicaSending {
    /** Bytes of one piece at most. */
    public static final int PIECE_BYTES = 128 * 1024;

    /** What is to be done. */
    public sealed interface Order {}

    /**
     * A piece is to be sent.
     *
     * @param from first byte; as many as there are for a piece without bytes, which only says that there is nothing new
     * @param isCurrent whether the other host then has all there is of the VM
     */
    public record Send(VnicId vnic, HostId to, CheckpointPosition at, long from, boolean isCurrent) implements Order {}

    /** The VM's placement is to be told; again now and then. */
    public record Say(
            VmId vm,
            long epoch,
            @Nullable HostId host,
            @Nullable String problem) implements Order {}

    /**
     * Bounds of it, in nanoseconds.
     *
     * @param patience for an answer, after which a host counts as one that refused; and how long a host may be no member before another one is chosen
     * @param refusedFor how long a host that refused is not asked again
     * @param sayAgain between two words of what has not changed
     */
    public record Limits(long patience, long refusedFor, long sayAgain) {}

    private record Held(long file, long bytes) {}

    private static final class Copy {
        final List<VnicId> vnics;
        final Map<VnicId, CheckpointPosition> there = new HashMap<>();
        final Map<VnicId, Held> held = new HashMap<>();
        final Map<HostId, Long> refusedUntil = new HashMap<>();

        @Nullable
        HostId to;
        /** Which start of {@code to} has what is held. */
        long store;

        long seenNanos;
        /** Whether a piece is to be sent, or was sent and is not answered. */
        boolean isOnItsWay;
        /** When it was sent; null while it waits for its turn. */
        @Nullable
        Long sentNanos;

        @Nullable
        Say said;

        long saidNanos;

        @Nullable
        String refusal;

        Copy(List<VnicId> vnics) {
            this.vnics = vnics;
        }
    }

    private final Limits limits;
    private final Map<VmId, Copy> copies = new LinkedHashMap<>();

    public ReplicaSending(Limits limits) {
        this.limits = limits;
    }

    /** These VMs are to have a replica, and no others. */
    public void wanted(Map<VmId, List<VnicId>> vms) {
        copies.keySet().retainAll(vms.keySet());
        vms.forEach((vm, vnics) -> {
            Copy copy = copies.get(vm);
            if (copy == null || !copy.vnics.equals(vnics)) {
                copies.put(vm, new Copy(vnics));
            }
        });
    }

    /** Whether there is nothing to do, ever, before other VMs are wanted. */
    public boolean isIdle() {
        return copies.isEmpty();
    }

    /** Hosts that have, or get, a replica of a VM of this one. */
    public Optional<HostId> hostOf(VmId vm) {
        Copy copy = copies.get(vm);
        return copy == null ? Optional.empty() : Optional.ofNullable(copy.to);
    }

    /**
     * Looks at everything.
     *
     * @param positions how far the vNICs' checkpoints are
     * @param usable other hosts that are up
     */
    public List<Order> tick(Function<VnicId, CheckpointPosition> positions, Set<HostId> usable, long nowNanos) {
        List<Order> orders = new ArrayList<>();
        copies.forEach((vm, copy) -> {
            copy.vnics.forEach(vnic -> copy.there.put(vnic, positions.apply(vnic)));
            if (copy.there.values().stream().allMatch(at -> at.file() == 0)) {
                return; // it does not enforce here, or not yet
            }
            if (copy.to != null
                    && copy.isOnItsWay
                    && copy.sentNanos != null
                    && nowNanos - copy.sentNanos > limits.patience()) {
                refused(vm, copy.to, "it does not answer", nowNanos);
            }
            choose(vm, copy, usable, nowNanos);
            if (copy.to == null) {
                String why = copy.refusal == null ? "no other host is up" : copy.refusal;
                say(new Say(vm, epoch(copy), null, why), copy, nowNanos, orders);
                return;
            }
            next(vm, copy, nowNanos, orders, true);
        });
        return orders;
    }

    private void choose(VmId vm, Copy copy, Set<HostId> usable, long nowNanos) {
        HostId now = copy.to;
        if (now != null && usable.contains(now)) {
            copy.seenNanos = nowNanos;
        }
        if (now != null && nowNanos - copy.seenNanos <= limits.patience()) {
            return;
        }
        copy.refusedUntil.values().removeIf(until -> until - nowNanos <= 0);
        HostId chosen = best(
                        vm,
                        usable.stream()
                                .filter(host -> !copy.refusedUntil.containsKey(host))
                                .toList())
                .orElse(null);
        copy.to = chosen;
        copy.seenNanos = nowNanos;
        copy.held.clear();
        copy.isOnItsWay = false;
        if (copy.refusedUntil.isEmpty()) {
            copy.refusal = null;
        }
    }

    /** The one that gets a VM's replica, of several. */
    static Optional<HostId> best(VmId vm, Collection<HostId> hosts) {
        return hosts.stream()
                .max(Comparator.comparingLong((HostId host) -> mixed(31L * vm.hashCode() + host.hashCode()))
                        .thenComparing(HostId::value));
    }

    /** The finalizer of MurmurHash3: neighbours become strangers. */
    private static long mixed(long value) {
        long mixed = (value ^ (value >>> 33)) * 0xff51afd7ed558ccdL;
        mixed = (mixed ^ (mixed >>> 33)) * 0xc4ceb9fe1a85ec53L;
        return mixed ^ (mixed >>> 33);
    }

    /**
     * The other host has so much of a file.
     *
     * @param store another one when that host has started again, and so has lost what it had
     */
    public List<Order> taken(VnicId vnic, HostId by, long store, long file, long bytes, long nowNanos) {
        List<Order> orders = new ArrayList<>();
        Copy copy = copies.get(vnic.vm());
        if (copy != null && by.equals(copy.to)) {
            if (copy.store != store) {
                copy.store = store;
                copy.held.clear();
            }
            copy.held.put(vnic, new Held(file, bytes));
            copy.isOnItsWay = false;
            next(vnic.vm(), copy, nowNanos, orders, false);
        }
        return orders;
    }

    /** The other host takes nothing of the VM. */
    public void refused(VmId vm, HostId by, String why, long nowNanos) {
        Copy copy = copies.get(vm);
        if (copy != null && by.equals(copy.to)) {
            copy.refusedUntil.put(by, nowNanos + limits.refusedFor());
            copy.refusal = "host " + by + ": " + why;
            copy.to = null;
            copy.isOnItsWay = false;
        }
    }

    /** The piece is on its way now. */
    public void sent(VmId vm, long nowNanos) {
        Copy copy = copies.get(vm);
        if (copy != null) {
            copy.sentNanos = nowNanos;
        }
    }

    /** A piece that was to be sent was not: the file has changed perhaps, which the next look will find. */
    public void unsent(VmId vm) {
        Copy copy = copies.get(vm);
        if (copy != null) {
            copy.isOnItsWay = false;
        }
    }

    /** @param isLook whether it is said, too, that nothing is new */
    private void next(VmId vm, Copy copy, long nowNanos, List<Order> orders, boolean isLook) {
        HostId to = Objects.requireNonNull(copy.to);
        if (copy.isOnItsWay) {
            return;
        }
        List<VnicId> behind =
                copy.vnics.stream().filter(vnic -> !isThere(copy, vnic)).toList();
        if (!behind.isEmpty()) {
            VnicId vnic = behind.getFirst();
            CheckpointPosition at = position(copy, vnic);
            Held held = copy.held.get(vnic);
            long from = held == null || held.file() != at.file() ? 0 : held.bytes();
            boolean isLast = behind.size() == 1 && at.bytes() - from <= PIECE_BYTES && isOfOneEpoch(copy);
            send(new Send(vnic, to, at, from, isLast), copy, orders);
            return;
        }
        if (!isOfOneEpoch(copy)) {
            return;
        }
        say(new Say(vm, epoch(copy), to, null), copy, nowNanos, orders);
        if (isLook) {
            copy.vnics.stream()
                    .filter(vnic -> position(copy, vnic).file() != 0)
                    .findFirst()
                    .ifPresent(vnic -> {
                        CheckpointPosition at = position(copy, vnic);
                        send(new Send(vnic, to, at, at.bytes(), true), copy, orders);
                    });
        }
    }

    private static void send(Send send, Copy copy, List<Order> orders) {
        copy.isOnItsWay = true;
        copy.sentNanos = null;
        orders.add(send);
    }

    private void say(Say say, Copy copy, long nowNanos, List<Order> orders) {
        if (!say.equals(copy.said) || nowNanos - copy.saidNanos > limits.sayAgain()) {
            copy.said = say;
            copy.saidNanos = nowNanos;
            orders.add(say);
        }
    }

    private static CheckpointPosition position(Copy copy, VnicId vnic) {
        return copy.there.getOrDefault(vnic, CheckpointPosition.NONE);
    }

    private static boolean isThere(Copy copy, VnicId vnic) {
        CheckpointPosition at = position(copy, vnic);
        Held held = copy.held.get(vnic);
        return at.file() == 0 || (held != null && held.file() == at.file() && held.bytes() >= at.bytes());
    }

    private static long epoch(Copy copy) {
        return copy.there.values().stream()
                .mapToLong(CheckpointPosition::epoch)
                .max()
                .orElse(0);
    }

    /** While a source takes its VM back, some of its vNICs have another epoch than others. */
    private static boolean isOfOneEpoch(Copy copy) {
        long epoch = epoch(copy);
        return copy.there.values().stream().allMatch(at -> at.file() == 0 || at.epoch() == epoch);
    }
}
