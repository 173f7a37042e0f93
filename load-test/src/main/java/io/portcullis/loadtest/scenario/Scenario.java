package io.portcullis.loadtest.scenario;

import java.util.List;

/**
 * A checked scenario.
 *
 * @param hosts names, each a process of its own
 * @param settings of each host beyond the defaults, {@code path=value}
 * @param policy documents of the tenant
 * @param durationMillis of the timeline at least; it ends when its last step has
 * @param sampleMillis between two looks at what the hosts' processes need; 0 for none
 * @param expected what makes the run fail
 * @param goals what the report compares with
 */
public record Scenario(
        String name,
        String description,
        List<String> hosts,
        int heapMebibytes,
        boolean speaksTls,
        List<String> settings,
        String defaultAction,
        String tracking,
        String policy,
        List<VmPlan> vms,
        List<TrafficPlan> traffic,
        List<Step> timeline,
        int durationMillis,
        int sampleMillis,
        List<Arm> arms,
        List<Limit> expected,
        List<Limit> goals) {
    public Scenario {
        hosts = List.copyOf(hosts);
        settings = List.copyOf(settings);
        vms = List.copyOf(vms);
        traffic = List.copyOf(traffic);
        timeline = List.copyOf(timeline);
        arms = List.copyOf(arms);
        expected = List.copyOf(expected);
        goals = List.copyOf(goals);
    }

    /** VMs, connections, rates and repetitions times the factor, at least one of each that there was. */
    public Scenario scaled(double factor) {
        return with(
                vms.stream()
                        .map(vm ->
                                new VmPlan(vm.name(), scaled(vm.count(), factor), vm.host(), vm.twinHost(), vm.tags()))
                        .toList(),
                traffic.stream().map(stream -> stream.scaled(factor, factor)).toList(),
                timeline.stream().map(step -> repeated(step, factor)).toList(),
                durationMillis,
                sampleMillis);
    }

    /** Frames and new connections a second times the factor; what there is stays as many. */
    public Scenario atRate(double factor) {
        return with(
                vms,
                traffic.stream().map(stream -> stream.scaled(1, factor)).toList(),
                timeline,
                durationMillis,
                sampleMillis);
    }

    /** Each migration that is repeated is repeated so often. */
    public Scenario moving(int times) {
        return with(
                vms,
                traffic,
                timeline.stream()
                        .map(step -> step instanceof Step.Migrate move
                                        && !move.repeat().isOnce()
                                ? new Step.Migrate(
                                        move.atMillis(),
                                        move.vm(),
                                        move.to(),
                                        move.repeat().times(times),
                                        move.parallel(),
                                        move.alone())
                                : step)
                        .toList(),
                durationMillis,
                sampleMillis);
    }

    /** All times of the timeline so many times shorter; rates are as they were. What grows is not looked at then: that takes a process that has run for a while. */
    public Scenario faster(int times) {
        List<Step> steps = timeline.stream()
                .<Step>map(step -> switch (step) {
                    case Step.Migrate(int at, var vm, var to, Repeat repeat, int parallel, int alone) ->
                        new Step.Migrate(at / times, vm, to, repeat.faster(times), parallel, alone);
                    case Step.Apply(int at, var documents, var back, Repeat repeat, var revokes) ->
                        new Step.Apply(at / times, documents, back, repeat.faster(times), revokes);
                    case Step.Restart(int at, var host, Ending ending, int away, Repeat repeat) ->
                        new Step.Restart(at / times, host, ending, away / times, repeat.faster(times));
                    case Step.Evacuate(int at, var host, int parallel) -> new Step.Evacuate(at / times, host, parallel);
                    case Step.Drain(int at, var host, int parallel) -> new Step.Drain(at / times, host, parallel);
                    case Step.Undrain(int at, var host) -> new Step.Undrain(at / times, host);
                    case Step.Kill(int at, var host) -> new Step.Kill(at / times, host);
                    case Step.Start(int at, var host) -> new Step.Start(at / times, host);
                })
                .toList();
        Scenario shorter = with(vms, traffic, steps, durationMillis / times, times == 1 ? sampleMillis : 0);
        return times == 1 ? shorter : shorter.withoutGrowth();
    }

    private Scenario withoutGrowth() {
        return new Scenario(
                name,
                description,
                hosts,
                heapMebibytes,
                speaksTls,
                settings,
                defaultAction,
                tracking,
                policy,
                vms,
                traffic,
                timeline,
                durationMillis,
                sampleMillis,
                arms,
                expected.stream().filter(limit -> !limit.isOfGrowth()).toList(),
                goals.stream().filter(limit -> !limit.isOfGrowth()).toList());
    }

    /** As it is played on the ports of a kernel: without the hosts that have no firewall, which take ports in memory. */
    public Scenario onKernelPorts() {
        return new Scenario(
                name,
                description + " On the ports of a kernel.",
                hosts,
                heapMebibytes,
                speaksTls,
                settings,
                defaultAction,
                tracking,
                policy,
                vms,
                traffic,
                timeline,
                durationMillis,
                sampleMillis,
                arms.stream().filter(arm -> arm != Arm.NO_FIREWALL).toList(),
                expected,
                goals);
    }

    static int scaled(int number, double factor) {
        return number == 0 ? 0 : Math.clamp(Math.round(number * factor), 1, Integer.MAX_VALUE);
    }

    private static Step repeated(Step step, double factor) {
        return switch (step) {
            case Step.Migrate(int at, var vm, var to, Repeat repeat, int parallel, int alone) ->
                new Step.Migrate(at, vm, to, repeat.scaled(factor), parallel, alone);
            case Step.Apply(int at, var documents, var back, Repeat repeat, var revokes) ->
                new Step.Apply(at, documents, back, repeat.scaled(factor), revokes);
            case Step.Restart(int at, var host, Ending ending, int away, Repeat repeat) ->
                new Step.Restart(at, host, ending, away, repeat.scaled(factor));
            case Step.Evacuate _, Step.Drain _, Step.Undrain _, Step.Kill _, Step.Start _ -> step;
        };
    }

    private Scenario with(
            List<VmPlan> newVms,
            List<TrafficPlan> newTraffic,
            List<Step> newTimeline,
            int newDurationMillis,
            int newSampleMillis) {
        return new Scenario(
                name,
                description,
                hosts,
                heapMebibytes,
                speaksTls,
                settings,
                defaultAction,
                tracking,
                policy,
                newVms,
                newTraffic,
                newTimeline,
                newDurationMillis,
                newSampleMillis,
                arms,
                expected,
                goals);
    }
}
