package io.portcullis.migration.sim;

import io.portcullis.policy.VmId;

/** An operator's command that its placement has received: it must be answered, unless the placement is lost meanwhile. */
final class Command {
    /** Longest that a placement may need for an answer: an attach and its being undone, on hosts that do not answer in time. */
    private static final long PATIENCE_MILLIS = 60_000;

    private final World world;
    private final VmId vm;
    private final String what;
    private final long sinceMillis;

    Command(World world, VmId vm, String what) {
        this.world = world;
        this.vm = vm;
        this.what = what;
        this.sinceMillis = world.time.now();
        world.commands.add(this);
    }

    void answer() {
        if (!world.commands.remove(this)) {
            throw new Violation(what + " of " + vm + " was answered twice");
        }
    }

    boolean isOverdue() {
        return world.time.now() > sinceMillis + PATIENCE_MILLIS;
    }

    @Override
    public String toString() {
        return what + " of " + vm + " at " + sinceMillis + " ms";
    }

    /** Commands of a placement that is lost are reported as lost to who waits. */
    static void lose(VmId vm, World world) {
        world.commands.removeIf(command -> command.vm.equals(vm));
    }
}
