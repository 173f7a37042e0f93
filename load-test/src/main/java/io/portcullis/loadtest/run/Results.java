package io.portcullis.loadtest.run;

import io.portcullis.loadtest.flow.FlowTraffic;
import io.portcullis.loadtest.flow.StreamCounts;
import io.portcullis.loadtest.flow.Throughput;
import io.portcullis.loadtest.history.History;
import io.portcullis.loadtest.history.HistoryChecker;
import io.portcullis.loadtest.history.HistoryVerdict;
import io.portcullis.loadtest.report.Check;
import io.portcullis.loadtest.report.Figures;
import io.portcullis.loadtest.report.Growth;
import io.portcullis.loadtest.report.Machine;
import io.portcullis.loadtest.report.MoveRecord;
import io.portcullis.loadtest.report.ResourceSample;
import io.portcullis.loadtest.report.RunReport;
import io.portcullis.loadtest.scenario.Limit;
import io.portcullis.loadtest.scenario.Scenario;
import io.portcullis.loadtest.scenario.Step;
import io.portcullis.loadtest.scenario.TrafficPlan;
import io.portcullis.loadtest.scenario.VmPlan;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** Puts a report together from what a run left. */
final class Results {
    /** Two firewalls may see a frame on different sides of a change for so long at least. */
    private static final double LEAST_SLACK_MICROS = 250_000;

    private final Scenario scenario;
    private final double scale;
    private final long seed;

    Results(Scenario scenario, double scale, long seed) {
        this.scenario = scenario;
        this.scale = scale;
        this.seed = seed;
    }

    RunReport report(
            String started,
            long startNanos,
            double seconds,
            Timeline timeline,
            List<MoveRecord> moves,
            Map<String, List<RunReport.ArmMove>> arms,
            List<ResourceSample> resources,
            FlowTraffic traffic,
            History history) {
        List<StreamCounts.Totals> totals = traffic.totals().stream()
                .map(its -> revoked().contains(its.stream()) ? its.revoked() : its)
                .toList();
        double slackMicros =
                totals.stream().mapToDouble(each -> each.delayMicros().max()).reduce(LEAST_SLACK_MICROS, Math::max);
        HistoryVerdict verdict = new HistoryChecker(history, Math.round(slackMicros * 1e3)).check();
        Map<String, Double> figures = Figures.of(totals, moves);
        figures.put("connections", (double) connections());
        Figures.addArms(figures, moves, arms);
        Growth.addTo(figures, resources);
        return new RunReport(
                scenario.name(),
                scenario.description(),
                seed,
                scale,
                version(),
                Machine.here(),
                started,
                seconds,
                plan(),
                figures,
                checks(figures, verdict, timeline.failures()),
                totals,
                new RunReport.HistoryRecord(
                        verdict.holds(),
                        verdict.sent(),
                        verdict.decided(),
                        verdict.compared(),
                        verdict.afterBan(),
                        verdict.missed(),
                        verdict.byRule(),
                        verdict.examples()),
                timeline.records(),
                moves,
                arms,
                throughput(traffic, startNanos),
                resources,
                timeline.failures());
    }

    /** Names of streams that a step of the timeline forbids. */
    private Set<String> revoked() {
        Set<String> names = new HashSet<>();
        scenario.script().timeline().forEach(step -> {
            if (step instanceof Step.Apply apply) {
                names.addAll(apply.revokes());
            }
        });
        return names;
    }

    private long connections() {
        return scenario.script().vms().stream()
                .mapToLong(vm -> vm.count()
                        * scenario.script().traffic().stream()
                                .filter(stream -> stream.to().equals(vm.name()))
                                .mapToLong(TrafficPlan::connections)
                                .sum())
                .sum();
    }

    private static String version() {
        String version = Results.class.getPackage().getImplementationVersion();
        return version == null ? "development" : version;
    }

    private List<String> plan() {
        List<String> plan = new ArrayList<>();
        plan.add(scenario.hosts().names().size() + " hosts, each a process of its own, which speak "
                + (scenario.hosts().speaksTls() ? "TLS" : "plain text"));
        for (VmPlan vm : scenario.script().vms()) {
            plan.add(vm.count() + " × " + vm.name() + " on " + vm.host()
                    + (vm.twinHost() == null ? "" : ", each with a twin on " + vm.twinHost() + " that never moves"));
        }
        for (TrafficPlan stream : scenario.script().traffic()) {
            String rate = stream.kind().isLasting()
                    ? stream.connections() + " flows, " + stream.framesPerSecond() + " frames/s"
                    : stream.newPerSecond() + " new/s";
            plan.add(stream.name() + ": " + stream.kind().name().toLowerCase(Locale.ROOT)
                    + (stream.isIpv6() ? " over IPv6" : "") + " to each " + stream.to() + ", " + rate
                    + (stream.isAllowed() ? "" : ", which no rule allows"));
        }
        for (Step step : scenario.script().timeline()) {
            plan.add("after " + step.atMillis() + " ms: " + step.text());
        }
        return plan;
    }

    private List<Check> checks(Map<String, Double> figures, HistoryVerdict verdict, List<String> failures) {
        List<Check> checks = new ArrayList<>();
        verdict.byRule()
                .forEach((rule, count) ->
                        checks.add(new Check("history: " + rule, "at most 0", text(count), count == 0, true)));
        checks.add(new Check(
                "steps of the timeline that failed", "at most 0", text(failures.size()), failures.isEmpty(), true));
        double forbidden = figures.getOrDefault("forbidden", 0.0);
        checks.add(new Check("frames that no rule allows", "at most 0", text(forbidden), forbidden == 0, true));
        scenario.expected().forEach(limit -> checks.add(check(limit, figures, true)));
        scenario.goals().forEach(limit -> checks.add(check(limit, figures, false)));
        return checks;
    }

    private static Check check(Limit limit, Map<String, Double> figures, boolean isRequired) {
        Double measured = figures.get(limit.figure());
        return new Check(
                limit.figure(),
                (limit.isLeast() ? "at least " : "at most ") + limit.value(),
                measured == null ? "nothing measured" : text(measured),
                measured != null && limit.isKeptBy(measured),
                isRequired);
    }

    private static String text(double value) {
        return value == Math.rint(value)
                ? String.format(Locale.ROOT, "%.0f", value)
                : String.format(Locale.ROOT, "%.1f", value);
    }

    private static Map<String, int[]> throughput(FlowTraffic traffic, long startNanos) {
        Map<String, int[]> series = new LinkedHashMap<>();
        for (Map.Entry<String, Throughput> each : traffic.throughput().entrySet()) {
            int[] bins = each.getValue().bins();
            int skip = Math.clamp((startNanos - each.getValue().startNanos()) / Throughput.BIN_NANOS, 0, bins.length);
            series.put(each.getKey(), java.util.Arrays.copyOfRange(bins, skip, bins.length));
        }
        return series;
    }
}
