package io.portcullis.vnic;

import io.portcullis.policy.HostId;
import io.portcullis.policy.TenantId;
import io.portcullis.policy.VmId;
import io.portcullis.policy.VnicId;
import io.portcullis.policy.table.RuleTable;
import io.portcullis.policy.table.TableRule;
import io.portcullis.vnic.parcel.Parcels;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/**
 * Which host has which vNICs of a tenant, and with which rules in force, as the hosts say. Of a host that is silent, or did not speak
 * yet, the directory of placements says what it has: such a host may well enforce, so its vNICs count as not realized until it
 * speaks, or until they are known to be elsewhere or nowhere. One thread.
 */
final class HostSubscriptions {
    /** Bounds of one message to a host; a single larger table goes alone. */
    private static final int MAX_RULES_PER_MESSAGE = 10_000;
    /** With more rules and ranges of addresses than this, the tables go in pieces. */
    private static final int MAX_INLINE_WEIGHT = 1_000;

    private static final int MAX_VNICS_PER_MESSAGE = 1_000;

    /** Rounds of {@link #countRound} after which a host counts as silent. */
    private static final int MAX_SILENT_ROUNDS = 3;

    /** Of a vNIC of which its host has said nothing. */
    private static final TenantCommand.Realized UNHEARD = new TenantCommand.Realized(RuleAssignment.NONE, false);

    /** Tables that go in pieces take a while; they are not sent once more before this is over. */
    private static final Duration RESEND_AFTER = Duration.ofSeconds(10);

    private record InTransit(RuleAssignment assignment, Instant until) {}

    private static final class Subscription {
        private final RealizedVnics vnics = new RealizedVnics();
        /** Null for a host that has never spoken. */
        private final @Nullable ActorRef<HostCommand> agent;
        /** What is on its way to it in pieces. */
        private final Map<VnicId, InTransit> inTransit = new HashMap<>();
        /** When it was first known of those vNICs that they do not enforce what they should. */
        private final Map<VnicId, Instant> pendingSince = new HashMap<>();
        /** vNICs that do not have all that they should. */
        private final Set<VnicId> unlike = new HashSet<>();

        private int silentRounds;
        /** For {@link VnicHolders}. */
        private final List<Subscription> alone = List.of(this);

        Subscription(@Nullable ActorRef<HostCommand> agent) {
            this.agent = agent;
        }

        /** What is noted of vNICs that it does not have any more. */
        void forgetGone() {
            pendingSince.keySet().removeIf(vnic -> !vnics.contains(vnic));
            inTransit.keySet().removeIf(vnic -> !vnics.contains(vnic));
            unlike.removeIf(vnic -> !vnics.contains(vnic));
        }

        boolean isSilent() {
            return agent == null || silentRounds > MAX_SILENT_ROUNDS;
        }

        boolean isInTransit(VnicId vnic, RuleAssignment assignment, Instant now) {
            InTransit sent = inTransit.get(vnic);
            if (sent == null) {
                return false;
            }
            if (sent.assignment().equals(assignment) && now.isBefore(sent.until())) {
                return true;
            }
            inTransit.remove(vnic);
            return false;
        }

        void judge(Collection<VnicId> judged, RuleBook book, Instant now) {
            for (VnicId vnic : judged) {
                TenantCommand.Realized realized = vnics.get(vnic);
                if (realized == null) {
                    continue;
                }
                if (realized.enforcing()
                        && realized.rules().hash().equals(book.assignment(vnic).hash())) {
                    pendingSince.remove(vnic);
                } else {
                    pendingSince.putIfAbsent(vnic, now);
                }
                if (book.differs(vnic, realized.rules())) {
                    unlike.add(vnic);
                } else {
                    unlike.remove(vnic);
                }
            }
        }
    }

    private final TenantId tenant;
    private final Clock clock;
    private final Parcels parcels;
    private final Map<HostId, Subscription> hosts = new HashMap<>();
    private final VnicHolders<Subscription> holders = new VnicHolders<>(subscription -> subscription.alone);
    private boolean placementsKnown;

    HostSubscriptions(TenantId tenant, Clock clock, Parcels parcels) {
        this.tenant = tenant;
        this.clock = clock;
        this.parcels = parcels;
    }

    private void put(Subscription subscription, VnicId vnic, TenantCommand.Realized realized) {
        if (!subscription.vnics.contains(vnic)) {
            holders.add(vnic, subscription);
        }
        subscription.vnics.put(vnic, realized);
    }

    private void remove(Subscription subscription, VnicId vnic) {
        if (subscription.vnics.contains(vnic)) {
            subscription.vnics.remove(vnic);
            holders.remove(vnic, subscription);
        }
    }

    /** It counts no more. */
    private void end(@Nullable Subscription subscription) {
        if (subscription != null) {
            List.copyOf(subscription.vnics.ids()).forEach(vnic -> remove(subscription, vnic));
        }
    }

    /** Takes what the host says over and sends it what differs from the book. */
    void subscribe(TenantCommand.SubscribeHost message, RuleBook book) {
        if (message.vnics().isEmpty()) {
            end(hosts.remove(message.host()));
            return;
        }
        Subscription subscription = new Subscription(message.agent());
        Subscription before = hosts.put(message.host(), subscription);
        end(before);
        message.vnics().forEach((vnic, realized) -> put(subscription, book.same(vnic), realized));
        if (before != null) {
            before.pendingSince.forEach(subscription.pendingSince::put);
            if (message.agent().equals(before.agent)) {
                before.inTransit.forEach(subscription.inTransit::put);
            }
            subscription.forgetGone();
        }
        push(subscription, subscription.vnics.ids(), book);
    }

    /**
     * Takes over what has changed at a host that has subscribed, and sends it what of all its vNICs differs from the book.
     *
     * @return whether all that the host has is known here now; else it must say everything
     */
    boolean change(TenantCommand.ChangeSubscription message, RuleBook book) {
        Subscription subscription = hosts.get(message.host());
        if (subscription == null || !message.agent().equals(subscription.agent)) {
            return false;
        }
        subscription.silentRounds = 0;
        message.removed().forEach(vnic -> remove(subscription, vnic));
        message.added().forEach((vnic, realized) -> put(subscription, book.same(vnic), realized));
        if (!message.removed().isEmpty()) {
            subscription.forgetGone();
        }
        Set<VnicId> concerned = new HashSet<>(subscription.unlike);
        concerned.addAll(message.added().keySet());
        push(subscription, concerned, book);
        return subscription.vnics.digest() == message.digest();
    }

    void report(TenantCommand.ReportRealized message, RuleBook book) {
        Subscription subscription = hosts.get(message.host());
        if (subscription != null) {
            message.vnics().forEach((vnic, realized) -> {
                if (subscription.vnics.contains(vnic)) {
                    subscription.vnics.put(vnic, realized);
                }
            });
            subscription.judge(message.vnics().keySet(), book, clock.instant());
        }
    }

    /** Sends every host what changed for it. */
    void push(Set<VnicId> changed, RuleBook book) {
        Map<Subscription, Set<VnicId>> concerned = new LinkedHashMap<>();
        for (VnicId vnic : changed) {
            for (Subscription holder : holders.of(vnic)) {
                concerned
                        .computeIfAbsent(holder, _ -> new TreeSet<>(Comparator.comparing(VnicId::toString)))
                        .add(vnic);
            }
        }
        concerned.forEach((subscription, vnics) -> push(subscription, vnics, book));
    }

    private void push(Subscription subscription, Collection<VnicId> vnics, RuleBook book) {
        Instant now = clock.instant();
        subscription.judge(vnics, book, now);
        ActorRef<HostCommand> agent = subscription.agent;
        if (agent == null || subscription.isSilent()) {
            return;
        }
        Map<VnicId, RuleAssignment> assignments = new HashMap<>();
        Map<String, RuleTable> tables = new LinkedHashMap<>();
        int rules = 0;
        for (VnicId vnic : vnics) {
            TenantCommand.Realized realized = subscription.vnics.get(vnic);
            if (realized == null
                    || !book.differs(vnic, realized.rules())
                    || subscription.isInTransit(vnic, book.assignment(vnic), now)) {
                continue;
            }
            List<RuleTable> its = tables(book, vnic);
            int more = missing(its, tables);
            if (!assignments.isEmpty()
                    && (rules + more > MAX_RULES_PER_MESSAGE || assignments.size() >= MAX_VNICS_PER_MESSAGE)) {
                send(subscription, agent, assignments, tables.values(), now);
                assignments = new HashMap<>();
                tables = new LinkedHashMap<>();
                rules = 0;
                more = missing(its, tables);
            }
            assignments.put(vnic, book.assignment(vnic));
            for (RuleTable table : its) {
                tables.put(table.hash(), table);
            }
            rules += more;
        }
        if (!assignments.isEmpty()) {
            send(subscription, agent, assignments, tables.values(), now);
        }
    }

    private static List<RuleTable> tables(RuleBook book, VnicId vnic) {
        RuleTable shadow = book.shadow(vnic);
        return shadow == null ? List.of(book.table(vnic)) : List.of(book.table(vnic), shadow);
    }

    /** Rules of those tables that the message does not have yet. */
    private static int missing(List<RuleTable> wanted, Map<String, RuleTable> tables) {
        return wanted.stream()
                .filter(table -> !tables.containsKey(table.hash()))
                .mapToInt(table -> table.rules().size())
                .sum();
    }

    private void send(
            Subscription subscription,
            ActorRef<HostCommand> agent,
            Map<VnicId, RuleAssignment> assignments,
            Collection<RuleTable> tables,
            Instant now) {
        HostCommand.RuleTables message = new HostCommand.RuleTables(tenant, assignments, List.copyOf(tables));
        if (isHeavy(tables, assignments.size())) {
            parcels.tell(agent, message, HostCommand.InPieces::new);
            assignments.forEach((vnic, assignment) ->
                    subscription.inTransit.put(vnic, new InTransit(assignment, now.plus(RESEND_AFTER))));
        } else {
            agent.tell(message);
        }
    }

    /** Looks no further than it must: large messages have hundreds of thousands of rules. */
    private static boolean isHeavy(Collection<RuleTable> tables, long assignments) {
        long weight = assignments;
        for (RuleTable table : tables) {
            for (TableRule rule : table.rules()) {
                weight += 1L
                        + rule.sources().ranges().size()
                        + rule.destinations().ranges().size()
                        + rule.services().size();
                if (weight > MAX_INLINE_WEIGHT) {
                    return true;
                }
            }
        }
        return weight > MAX_INLINE_WEIGHT;
    }

    /** Called once per third of {@link TenantPolicy#SUBSCRIPTION_TTL}. */
    void countRound() {
        hosts.values().forEach(subscription -> subscription.silentRounds++);
    }

    /** Whether it is known which hosts have vNICs; not before {@link #reconcile}. */
    boolean arePlacementsKnown() {
        return placementsKnown;
    }

    /** Whether the directory should be asked what those hosts have that do not say it themselves. */
    boolean needsPlacements() {
        return !placementsKnown || hosts.values().stream().anyMatch(Subscription::isSilent);
    }

    /** Hosts with vNICs that are silent, or have never spoken; in no order. */
    List<HostId> silent() {
        return hosts.entrySet().stream()
                .filter(host -> host.getValue().isSilent())
                .map(Map.Entry::getKey)
                .toList();
    }

    /**
     * Takes over what the directory says of hosts that are silent or have never spoken.
     *
     * @param placements of all VMs of the tenant, or at least of those on {@link #silent} hosts
     */
    void reconcile(Map<VmId, HostId> placements, RuleBook book) {
        placementsKnown = true;
        hosts.forEach((host, subscription) -> {
            if (subscription.isSilent()) {
                subscription.vnics.ids().stream()
                        .filter(vnic -> !host.equals(placements.get(vnic.vm())))
                        .toList()
                        .forEach(vnic -> remove(subscription, vnic));
                subscription.forgetGone();
            }
        });
        hosts.values().removeIf(subscription -> subscription.vnics.isEmpty());
        for (VnicId vnic : book.vnics()) {
            HostId host = placements.get(vnic.vm());
            if (host != null) {
                Subscription subscription = hosts.computeIfAbsent(host, _ -> new Subscription(null));
                if (subscription.isSilent() && !subscription.vnics.contains(vnic)) {
                    put(subscription, vnic, UNHEARD);
                }
            }
        }
        hosts.values().stream()
                .filter(Subscription::isSilent)
                .forEach(subscription -> subscription.judge(subscription.vnics.ids(), book, clock.instant()));
    }

    /** Whether every attached vNIC enforces that revision, which there must be, or a later one. */
    boolean isRealized(long revision, RuleBook book) {
        if (revision > book.revision()) {
            return false;
        }
        for (Subscription subscription : hosts.values()) {
            for (VnicId vnic : subscription.pendingSince.keySet()) {
                if (!isRealized(vnic, revision, book)) {
                    return false;
                }
            }
        }
        return true;
    }

    /** Hosts with vNICs that do not enforce that revision or a later one, ascending. */
    List<HostId> lagging(long revision, RuleBook book, int max) {
        return hosts.entrySet().stream()
                .filter(host -> host.getValue().pendingSince.keySet().stream()
                        .anyMatch(vnic -> !isRealized(vnic, revision, book)))
                .map(Map.Entry::getKey)
                .sorted(Comparator.comparing(HostId::value))
                .limit(max)
                .toList();
    }

    /** Since when it is known that a vNIC does not enforce that revision or a later one; null if none is known. */
    @Nullable
    Instant pendingSince(long revision, RuleBook book) {
        Instant first = null;
        for (Subscription subscription : hosts.values()) {
            for (Map.Entry<VnicId, Instant> pending : subscription.pendingSince.entrySet()) {
                if ((first == null || pending.getValue().isBefore(first))
                        && !isRealized(pending.getKey(), revision, book)) {
                    first = pending.getValue();
                }
            }
        }
        return first;
    }

    /** While it moves, two hosts have it. */
    private boolean isRealized(VnicId vnic, long revision, RuleBook book) {
        for (Subscription holder : holders.of(vnic)) {
            TenantCommand.Realized realized = holder.vnics.get(vnic);
            if (realized != null
                    && realized.enforcing()
                    && !isOutdated(vnic, realized)
                    && (realized.rules().revision() >= revision
                            || realized.rules()
                                    .hash()
                                    .equals(book.assignment(vnic).hash()))) {
                return true;
            }
        }
        return false;
    }

    /** Whether another host enforces the vNIC under a higher epoch: one that was lost and is back may not have heard of that yet. */
    private boolean isOutdated(VnicId vnic, TenantCommand.Realized said) {
        for (Subscription holder : holders.of(vnic)) {
            TenantCommand.Realized realized = holder.vnics.get(vnic);
            if (realized != null && realized.enforcing() && realized.epoch() > said.epoch()) {
                return said.enforcing();
            }
        }
        return false;
    }

    /** How far the book is in force, for every vNIC of the book and every other one that a host has. */
    List<TenantReply.VnicRealization> realization(RuleBook book) {
        Map<VnicId, TenantReply.VnicRealization> found = new TreeMap<>(Comparator.comparing(VnicId::toString));
        for (VnicId vnic : book.vnics()) {
            found.put(
                    vnic,
                    new TenantReply.VnicRealization(
                            vnic, null, false, book.assignment(vnic), RuleAssignment.NONE, null));
        }
        hosts.forEach((host, subscription) -> subscription.vnics.all().forEach((vnic, realized) -> {
            if (!isOutdated(vnic, realized)) {
                found.merge(
                        vnic,
                        new TenantReply.VnicRealization(
                                vnic,
                                host,
                                realized.enforcing(),
                                book.assignment(vnic),
                                realized.rules(),
                                subscription.pendingSince.get(vnic)),
                        HostSubscriptions::better);
            }
        }));
        return new ArrayList<>(found.values());
    }

    /** While a vNIC moves, two hosts have it: the one that enforces counts. */
    private static TenantReply.VnicRealization better(
            TenantReply.VnicRealization one, TenantReply.VnicRealization other) {
        @Nullable HostId host = one.host();
        if (host == null) {
            return other;
        }
        if (one.enforcing() != other.enforcing()) {
            return one.enforcing() ? one : other;
        }
        return one.inForce().revision() >= other.inForce().revision() ? one : other;
    }
}
