package io.portcullis.loadtest.scenario;

import java.util.List;

/**
 * A checked scenario.
 *
 * @param expected what makes the run fail
 * @param goals what the report compares with
 */
public record Scenario(
        String name,
        String description,
        HostsPlan hosts,
        TenantPlan tenant,
        Script script,
        List<Arm> arms,
        List<Limit> expected,
        List<Limit> goals) {
    public Scenario {
        arms = List.copyOf(arms);
        expected = List.copyOf(expected);
        goals = List.copyOf(goals);
    }

    /** VMs, connections, rates and repetitions times the factor, at least one of each that there was. */
    public Scenario scaled(double factor) {
        return with(script.scaled(factor));
    }

    /** Frames and new connections a second times the factor; what there is stays as many. */
    public Scenario atRate(double factor) {
        return with(script.atRate(factor));
    }

    /** Each migration that is repeated is repeated so often. */
    public Scenario moving(int times) {
        return with(script.moving(times));
    }

    /** All times of the timeline so many times shorter; rates are as they were. What grows is not looked at then: that takes a process that has run for a while. */
    public Scenario faster(int times) {
        Scenario shorter = with(script.faster(times));
        return times == 1 ? shorter : shorter.withoutGrowth();
    }

    private Scenario with(Script other) {
        return new Scenario(name, description, hosts, tenant, other, arms, expected, goals);
    }

    private Scenario withoutGrowth() {
        return new Scenario(
                name, description, hosts, tenant, script, arms, withoutGrowth(expected), withoutGrowth(goals));
    }

    private static List<Limit> withoutGrowth(List<Limit> limits) {
        return limits.stream().filter(limit -> !limit.isOfGrowth()).toList();
    }

    /** As it is played on the ports of a kernel: without the hosts that have no firewall, which take ports in memory. */
    public Scenario onKernelPorts() {
        List<Arm> possible = arms.stream().filter(arm -> arm != Arm.NO_FIREWALL).toList();
        return new Scenario(
                name, description + " On the ports of a kernel.", hosts, tenant, script, possible, expected, goals);
    }
}
