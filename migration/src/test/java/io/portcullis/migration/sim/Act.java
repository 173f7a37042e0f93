package io.portcullis.migration.sim;

/** One thing that happens in a simulation, to a VM, a host or the network; hosts and VMs by their number. */
sealed interface Act {
    long atMillis();

    // ---- what operators do

    record Attach(long atMillis, int vm, int host) implements Act {}

    record Detach(long atMillis, int vm) implements Act {}

    record Migrate(long atMillis, int vm, int host) implements Act {}

    /** A hypervisor moves the VM: the cut waits for {@link StopVm}. */
    record Hypervise(long atMillis, int vm, int host) implements Act {}

    /** The hypervisor says that it has stopped the VM of the migration that was accepted last. */
    record StopVm(long atMillis, int vm) implements Act {}

    /** Cancels the migration of the VM that was accepted last. */
    record Cancel(long atMillis, int vm) implements Act {}

    /** A revision of the policy that revokes one of the VM's connections. */
    record Revoke(long atMillis, int vm) implements Act {}

    // ---- what goes wrong

    /** Messages between nodes get lost, come twice and overtake each other, in percent. */
    record BadNetwork(long atMillis, long forMillis, int loss, int twice, int delayMillis) implements Act {}

    /** The host reaches nobody, and nobody reaches it; its data path perhaps still does. */
    record Isolate(long atMillis, long forMillis, int host, boolean withTunnels) implements Act {}

    /** The data path of the host reaches no other; its messages do. */
    record CutTunnels(long atMillis, long forMillis, int host) implements Act {}

    /** The tunnel by which one of the VM's vNICs was cut, if it was, ends for good. */
    record BreakTunnel(long atMillis, int vm, int vnic) implements Act {}

    /** Two hosts do not reach each other; everybody else reaches both. */
    record CutLink(long atMillis, long forMillis, int one, int other) implements Act {}

    /** The process dies with its data path; its disk stays. */
    record Crash(long atMillis, long forMillis, int host) implements Act {}

    /** The actors of the host stop and start again; its data path goes on. */
    record RestartActors(long atMillis, int host) implements Act {}

    /** A bug stops whatever parts of migrations run on the host; what they had ordered goes on. */
    record StopSessions(long atMillis, int host) implements Act {}

    /** The node with the VM's placement dies; it starts again elsewhere, from its journal. */
    record LosePlacement(long atMillis, long forMillis, int vm) implements Act {}

    /** The host answers late, and often later than anybody waits. */
    record SlowHost(long atMillis, long forMillis, int host) implements Act {}

    /** The host refuses so many of the orders that come next. */
    record Refuse(long atMillis, int host, int count) implements Act {}

    /** The host hears of no new rules. */
    record KeepRules(long atMillis, long forMillis, int host) implements Act {}

    /** Of so many chunks that come to the host ahead of a cut something else is kept, and its data path does not notice. */
    record Damage(long atMillis, int host, int chunks) implements Act {}

    /** Nothing can be journaled or read. */
    record LoseDatabase(long atMillis, long forMillis) implements Act {}

    /** What is journaled reaches the directory of placements only later; it can be read. */
    record DelayDirectory(long atMillis, long forMillis) implements Act {}

    /** The wall clock of all placements jumps. */
    record JumpClock(long atMillis, long byMillis) implements Act {}
}
