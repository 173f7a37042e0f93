package io.portcullis.loadtest.scenario;

import java.util.List;

/**
 * A checked scenario.
 *
 * @param hosts names, each a process of its own
 * @param settings of each host beyond the defaults, {@code path=value}
 * @param policy documents of the tenant
 * @param durationMillis of the timeline at least; it ends when its last step has
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
                traffic.stream().map(stream -> stream.scaled(factor)).toList(),
                timeline.stream().map(step -> repeated(step, factor)).toList());
    }

    /** Each migration that is repeated is repeated so often. */
    public Scenario moving(int times) {
        return with(
                vms,
                traffic,
                timeline.stream()
                        .map(step -> step instanceof Step.Migrate move && move.times() > 1
                                ? new Step.Migrate(
                                        move.atMillis(),
                                        move.vm(),
                                        move.to(),
                                        times,
                                        move.restMillis(),
                                        move.parallel())
                                : step)
                        .toList());
    }

    static int scaled(int number, double factor) {
        return number == 0 ? 0 : Math.clamp(Math.round(number * factor), 1, Integer.MAX_VALUE);
    }

    private static Step repeated(Step step, double factor) {
        return switch (step) {
            case Step.Migrate(int at, var vm, var to, int times, int rest, int parallel) ->
                new Step.Migrate(at, vm, to, scaled(times, factor), rest, parallel);
            case Step.Apply(int at, var documents, var back, int times, int rest, var revokes) ->
                new Step.Apply(at, documents, back, scaled(times, factor), rest, revokes);
            case Step.Evacuate _, Step.Drain _, Step.Undrain _, Step.Kill _, Step.Start _ -> step;
        };
    }

    private Scenario with(List<VmPlan> newVms, List<TrafficPlan> newTraffic, List<Step> newTimeline) {
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
                durationMillis,
                arms,
                expected,
                goals);
    }
}
