package io.portcullis.migration.sim;

import io.portcullis.migration.model.EnforcementHistory;
import io.portcullis.migration.model.PlacementEvent;
import io.portcullis.migration.model.VnicTransfer;
import io.portcullis.policy.HostId;
import io.portcullis.policy.MacAddress;
import io.portcullis.policy.VmId;
import io.portcullis.policy.VnicId;
import io.portcullis.vnic.VmSpec;
import io.portcullis.vnic.VnicSpec;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** What all parts of a simulation share: time, chance, the network, the database, and what is checked. */
final class World {
    private static final List<VmSpec> SPECS =
            IntStream.range(0, Plan.VMS).mapToObj(World::spec).toList();

    private record Copied(String migration, VnicId vnic) {}

    private record Handover(VnicId vnic, long epoch) {}

    private record Grant(VmId vm, long epoch) {}

    /** A table, and under which rules its source decided last. */
    private record Handed(Map<Integer, Integer> connections, long revision, boolean isFromDisk) {}

    private static final List<HostId> IDS = IntStream.range(0, Plan.HOSTS)
            .mapToObj(i -> new HostId("host-" + i))
            .toList();

    final Scheduler time = new Scheduler();
    final Random random;
    final Set<Mutant> mutants;
    final Network network = new Network(this);
    final EnforcementHistory history = new EnforcementHistory();
    final List<SimHost> hosts = new ArrayList<>();
    final List<SimPlacement> placements = new ArrayList<>();
    final Map<VmId, DirectoryRow> directory = new HashMap<>();
    private final Map<VnicId, Integer> connections = new HashMap<>();
    private final Map<VnicId, Integer> versions = new HashMap<>();
    private final Set<VnicId> damaged = new HashSet<>();
    private final Map<Copied, List<Made>> made = new HashMap<>();
    private final Map<Handover, Handed> tables = new HashMap<>();
    /** Epochs of destinations whose migrations have not committed, and perhaps never will. */
    private final Set<Grant> uncommitted = new HashSet<>();

    final Set<Command> commands = new LinkedHashSet<>();
    final Policy policy = new Policy(this);
    final SimReplicas replicas;
    final @Nullable List<String> trace;
    long clockJumpMillis;
    boolean databaseAway;
    boolean directoryIsLate;

    /** A VM's row in the directory of placements; a removed one keeps its epoch. */
    record DirectoryRow(@Nullable HostId host, long epoch) {}

    /** Whether sources send tables ahead of the cut. */
    final boolean sendsAhead;

    World(Plan plan, Set<Mutant> mutants, boolean traced) {
        this.random = new Random(Plan.scrambled(plan.seed() ^ 0x5eed));
        this.sendsAhead = plan.sendsAhead();
        this.mutants = mutants;
        this.replicas = new SimReplicas(this, plan.seed());
        this.trace = traced ? new ArrayList<>() : null;
        IDS.forEach(id -> hosts.add(new SimHost(this, id)));
        SPECS.forEach(spec -> placements.add(new SimPlacement(this, spec)));
    }

    /** The first VM has two vNICs, the others one. */
    private static VmSpec spec(int number) {
        VmId vm = VmId.parse("acme/vm-" + number);
        return new VmSpec(
                vm,
                IntStream.range(0, number == 0 ? 2 : 1)
                        .mapToObj(i -> new VnicSpec(
                                new VnicId(vm, "eth" + i),
                                new MacAddress(16L * number + i),
                                List.of(),
                                10,
                                "memory:" + number + "-" + i))
                        .toList());
    }

    boolean has(Mutant mutant) {
        return mutants.contains(mutant);
    }

    SimHost host(HostId id) {
        return hosts.get(IDS.indexOf(id));
    }

    SimPlacement placement(VmId vm) {
        for (SimPlacement placement : placements) {
            if (placement.vm().equals(vm)) {
                return placement;
            }
        }
        throw new IllegalArgumentException("no VM " + vm);
    }

    boolean chance(int percent) {
        return percent > 0 && random.nextInt(100) < percent;
    }

    void log(String who, Object what) {
        if (trace != null) {
            trace.add(String.format("%7d ms  %-8s %s", time.now(), who, what));
        }
    }

    /** To be called whenever somebody's enforcing has changed. */
    void check() {
        List<String> violations = history.violations();
        if (!violations.isEmpty()) {
            throw new Violation(violations.getFirst());
        }
    }

    // ---- connections

    /** The next connection of a vNIC, counted from 0. */
    int nextConnection(VnicId vnic) {
        return connections.merge(vnic, 1, Integer::sum) - 1;
    }

    /** How many connections of the vNIC there were. */
    int connections(VnicId vnic) {
        return connections.getOrDefault(vnic, 0);
    }

    /** Grows with each change of any connection of the vNIC. */
    int nextVersion(VnicId vnic) {
        return versions.merge(vnic, 1, Integer::sum);
    }

    void handsOver(SimVnic vnic, long targetEpoch) {
        tables.put(
                new Handover(vnic.id, targetEpoch),
                new Handed(vnic.table.connections(), vnic.revision, vnic.isFromDisk));
    }

    /** What was sealed must be here as it was, but for what the rules here revoke, and nothing else. */
    void activated(SimVnic vnic, long epoch) {
        Handed handed = tables.remove(new Handover(vnic.id, epoch));
        if (handed == null) {
            return;
        }
        // A source that has only its disk's rules as yet hands over what these let pass.
        vnic.isFromDisk |= handed.isFromDisk() && vnic.revision <= handed.revision();
        handed.connections().forEach((connection, version) -> {
            Integer here = vnic.table.version(connection);
            if (here == null && policy.passes(vnic.id.vm(), connection, vnic.revision)) {
                throw new Violation(
                        "connection " + connection + " of " + vnic.id + " was lost on the way to epoch " + epoch);
            }
            if (here != null && !here.equals(version)) {
                throw new Violation("connection " + connection + " of " + vnic.id + " is as of change " + here
                        + " under epoch " + epoch + ", and was handed over as of " + version);
            }
        });
        for (int connection : vnic.table.connections().keySet()) {
            if (!handed.connections().containsKey(connection)) {
                throw new Violation("connection " + connection + " of " + vnic.id
                        + ", which was over, is back under epoch " + epoch);
            }
        }
    }

    /** Something else is kept of the vNIC than came; whoever sends it may find that out from now on. */
    void damaged(VnicId vnic) {
        damaged.add(vnic);
    }

    boolean isDamaged(VnicId vnic) {
        return damaged.contains(vnic);
    }

    /** A source begins to cut, with what was sent of the vNIC before; null is nothing. */
    void beginsCut(String migration, VnicId vnic, @Nullable Made sent) {
        made.computeIfAbsent(new Copied(migration, vnic), _ -> new ArrayList<>())
                .add(sent == null ? new Made() : sent);
    }

    /** Rounds are those of a source that has begun to cut; one that is silent of them says that not all is known. */
    void checkReceipt(PlacementEvent.MigrationCommitted receipt) {
        for (VnicTransfer transfer : receipt.vnics()) {
            List<Made> known = made.getOrDefault(new Copied(receipt.id(), transfer.vnic()), List.of());
            boolean isSaidToBeUnknown =
                    transfer.rounds().isEmpty() && !receipt.problems().isEmpty();
            if (!isSaidToBeUnknown && known.stream().noneMatch(one -> one.isWhatIsSaid(transfer.rounds()))) {
                throw new Violation("the receipt of " + receipt.id() + " says " + transfer.rounds() + " of "
                        + transfer.vnic() + ", and what was sent is " + known);
            }
        }
    }

    void reserved(VmId vm, long epoch) {
        uncommitted.add(new Grant(vm, epoch));
    }

    void committed(VmId vm, long epoch) {
        uncommitted.remove(new Grant(vm, epoch));
    }

    /** Without having asked anybody. */
    void restoresFromDisk(VnicId vnic, HostId host, long epoch) {
        if (uncommitted.contains(new Grant(vnic.vm(), epoch))) {
            throw new Violation(vnic + " is enforced by " + host + " from its disk under epoch " + epoch
                    + ", of a migration that has not committed");
        }
    }

    // ---- the directory

    void putRow(VmId vm, HostId host, long epoch) {
        DirectoryRow row = directory.get(vm);
        if (row == null || row.epoch() <= epoch) {
            directory.put(vm, new DirectoryRow(host, epoch));
        }
    }

    void removeRow(VmId vm, long epoch) {
        DirectoryRow row = directory.get(vm);
        if (row != null && row.epoch() <= epoch) {
            directory.remove(vm);
        }
    }
}
