package io.portcullis.loadtest.scenario;

import java.util.List;

/**
 * What happens in a scenario, whoever the hosts are.
 *
 * @param durationMillis of the timeline at least; it ends when its last step has
 * @param sampleMillis between two looks at what the hosts' processes need; 0 for none
 */
public record Script(
        List<VmPlan> vms, List<TrafficPlan> traffic, List<Step> timeline, int durationMillis, int sampleMillis) {
    public Script {
        vms = List.copyOf(vms);
        traffic = List.copyOf(traffic);
        timeline = List.copyOf(timeline);
    }

    /** VMs, connections, rates and repetitions times the factor, at least one of each that there was. */
    Script scaled(double factor) {
        return new Script(
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
    Script atRate(double factor) {
        return new Script(
                vms,
                traffic.stream().map(stream -> stream.scaled(1, factor)).toList(),
                timeline,
                durationMillis,
                sampleMillis);
    }

    /** Each migration that is repeated is repeated so often. */
    Script moving(int times) {
        return new Script(
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

    /** All times of the timeline so many times shorter; rates are as they were, and what processes need is not looked at. */
    Script faster(int times) {
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
        return new Script(vms, traffic, steps, durationMillis / times, times == 1 ? sampleMillis : 0);
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
}
