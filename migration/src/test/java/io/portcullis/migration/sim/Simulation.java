package io.portcullis.migration.sim;

import io.portcullis.datapath.runtime.VnicMode;
import io.portcullis.migration.model.Mover;
import io.portcullis.migration.model.PlacementPhase;
import io.portcullis.migration.model.PlacementState;
import io.portcullis.policy.HostId;
import io.portcullis.policy.VnicId;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One run: the acts of a plan, then calm until nothing is under way. What is checked all the time: that never two hosts enforce a vNIC,
 * that no epoch comes back, that no packet passes that was revoked and acknowledged, that no connection is lost in a hand-over, that
 * every command is answered. What is checked in the end: that every migration has ended, and that the hosts are as the placements say.
 */
final class Simulation {
    /** Longest after the last fault until all is settled. */
    private static final long SETTLING_MILLIS = 120_000;

    /** Connections that come first are those that get revoked. */
    private static final int REVOCABLE = 16;

    private static final long FRAMES_MILLIS = 200;
    private static final long LOOK_MILLIS = 1_000;

    private final Plan plan;
    private final World world;

    /** How a run ended; the violation is null if all was as promised, and the trace is empty unless it was asked for. */
    record Result(@Nullable String violation, List<String> trace, int migrations) {}

    private Simulation(Plan plan, Set<Mutant> mutants, boolean traced) {
        this.plan = plan;
        this.world = new World(plan, mutants, traced);
    }

    static Result run(Plan plan, Set<Mutant> mutants, boolean traced) {
        Simulation simulation = new Simulation(plan, mutants, traced);
        String violation = simulation.violation();
        World world = simulation.world;
        return new Result(
                violation,
                world.trace == null ? List.of() : world.trace,
                world.placements.stream().mapToInt(SimPlacement::migrations).sum());
    }

    private @Nullable String violation() {
        try {
            plan.acts().forEach(act -> world.time.after(act.atMillis(), () -> act(act)));
            world.time.after(FRAMES_MILLIS, this::frames);
            world.time.after(LOOK_MILLIS, this::lookAtCommands);
            while (world.time.step(Plan.CALM_MILLIS)) {}
            long end = Plan.CALM_MILLIS + SETTLING_MILLIS;
            long since = -1;
            // Settled, and so for a while: what was forgotten may still come up.
            for (long now = Plan.CALM_MILLIS; now < end; now += LOOK_MILLIS) {
                while (world.time.step(now)) {}
                if (whatIsLeft() != null) {
                    since = -1;
                } else if (since < 0) {
                    since = now;
                } else if (now - since > 5 * LOOK_MILLIS) {
                    return null;
                }
            }
            return Objects.requireNonNullElse(whatIsLeft(), "it does not settle");
        } catch (Violation found) {
            world.log("VIOLATED", found.getMessage());
            return found.getMessage();
        }
    }

    // ---- acts

    private void act(Act act) {
        world.log("act", act);
        switch (act) {
            case Act.Attach a ->
                operate(a.vm(), "attach", command -> placement(a.vm()).onAttach(command, id(a.host())));
            case Act.Detach a -> operate(a.vm(), "detach", placement(a.vm())::onDetach);
            case Act.Migrate a ->
                operate(
                        a.vm(),
                        "migrate",
                        command -> placement(a.vm()).onMigrate(command, id(a.host()), Mover.PRODUCT, 1));
            case Act.Hypervise a ->
                operate(
                        a.vm(),
                        "hypervise",
                        command -> placement(a.vm()).onMigrate(command, id(a.host()), Mover.HYPERVISOR, 1));
            case Act.StopVm a -> operate(a.vm(), "stop", placement(a.vm())::onVmStopped);
            case Act.Cancel a -> operate(a.vm(), "cancel", placement(a.vm())::onCancel);
            case Act.Revoke a -> world.policy.revoke(placement(a.vm()).vm(), world.random.nextInt(REVOCABLE));
            case Act.BadNetwork a -> {
                world.network.bad(a.loss(), a.twice(), a.delayMillis());
                world.time.after(a.forMillis(), () -> world.network.bad(0, 0, 0));
            }
            case Act.Isolate a -> host(a.host()).isolate(a.forMillis(), a.withTunnels());
            case Act.CutTunnels a -> {
                world.network.cutTunnels(host(a.host()), true);
                world.time.after(a.forMillis(), () -> world.network.cutTunnels(host(a.host()), false));
            }
            case Act.BreakTunnel a -> {
                VnicId vnic = placement(a.vm()).spec().vnicIds().get(a.vnic());
                world.hosts.forEach(host -> host.cutovers().breakTunnel(vnic));
            }
            case Act.CutLink a -> {
                world.network.cutLink(host(a.one()), host(a.other()), true);
                world.time.after(a.forMillis(), () -> world.network.cutLink(host(a.one()), host(a.other()), false));
            }
            case Act.Crash a -> host(a.host()).crash(a.forMillis());
            case Act.RestartActors a -> host(a.host()).restartActors();
            case Act.StopSessions a -> host(a.host()).stopSessions();
            case Act.LosePlacement a -> {
                if (placement(a.vm()).isUp()) {
                    placement(a.vm()).die(a.forMillis());
                }
            }
            case Act.SlowHost a -> host(a.host()).vnics().slow(a.forMillis());
            case Act.Refuse a -> host(a.host()).vnics().refuseNext(a.count());
            case Act.Damage a -> host(a.host()).tables().damageNext(a.chunks());
            case Act.KeepRules a -> host(a.host()).keepRules(a.forMillis());
            case Act.LoseDatabase a -> {
                world.databaseAway = true;
                world.time.after(a.forMillis(), () -> world.databaseAway = false);
            }
            case Act.DelayDirectory a -> {
                world.directoryIsLate = true;
                world.time.after(a.forMillis(), () -> world.directoryIsLate = false);
            }
            case Act.JumpClock a -> world.clockJumpMillis += a.byMillis();
        }
    }

    /** What reaches its placement counts as accepted. */
    private void operate(int vm, String what, Consumer<Command> order) {
        SimPlacement placement = placement(vm);
        world.network.send(null, null, () -> {
            if (placement.isUp()) {
                order.accept(new Command(world, placement.vm(), what));
            }
        });
    }

    private SimPlacement placement(int vm) {
        return world.placements.get(vm);
    }

    private SimHost host(int number) {
        return world.hosts.get(number);
    }

    private HostId id(int number) {
        return host(number).id();
    }

    private void frames() {
        world.time.after(FRAMES_MILLIS, this::frames);
        for (SimPlacement placement : world.placements) {
            world.hosts.forEach(host -> host.vnics().frames(placement.vm()));
        }
    }

    private void lookAtCommands() {
        world.time.after(LOOK_MILLIS, this::lookAtCommands);
        world.commands.stream().filter(Command::isOverdue).findAny().ifPresent(command -> {
            throw new Violation(command + " is not answered");
        });
    }

    // ---- the end

    private @Nullable String whatIsLeft() {
        for (SimPlacement placement : world.placements) {
            PlacementState state = placement.state();
            if (!placement.isUp() || !state.phase().settled()) {
                return placement.vm() + " is still " + state.phase();
            }
            for (VnicId vnic : placement.spec().vnicIds()) {
                String left = whatIsLeft(state, vnic);
                if (left != null) {
                    return left;
                }
            }
        }
        for (SimHost host : world.hosts) {
            if (!host.precopies().hasNoTurns()) {
                return "a turn to be cut is still taken on " + host.id();
            }
        }
        return world.commands.isEmpty() ? null : world.commands.iterator().next() + " is not answered";
    }

    private @Nullable String whatIsLeft(PlacementState state, VnicId id) {
        for (SimHost host : world.hosts) {
            SimVnic vnic = host.vnics().find(id);
            boolean belongs =
                    state.phase() == PlacementPhase.PLACED && host.id().equals(state.host());
            if (belongs && (vnic == null || vnic.mode != VnicMode.ENFORCING || vnic.epoch != state.epoch())) {
                return id + " belongs to " + host.id() + " under epoch " + state.epoch() + ", where it is "
                        + (vnic == null ? "missing" : vnic.mode + " under epoch " + vnic.epoch);
            }
            if (!belongs && vnic != null) {
                return id + " is left on " + host.id() + ", " + vnic.mode + " under epoch " + vnic.epoch
                        + ", and belongs to " + state.host();
            }
        }
        return null;
    }
}
