package io.portcullis.loadtest.scenario;

import io.portcullis.api.FieldProblem;
import io.portcullis.api.document.Documents;
import io.portcullis.api.document.Format;
import io.portcullis.api.document.InvalidDocumentException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Makes a {@link Scenario} of a text. Strict: all mistakes are reported at once, each with its path and how to mend it. One text, one thread.
 */
public final class ScenarioReader {
    public static final int MAX_HOSTS = 16;
    public static final int MAX_VMS = 4_000;
    public static final int MAX_STREAMS = 64;
    public static final int MAX_STEPS = 1_000;
    public static final int MAX_CONNECTIONS = 10_000_000;
    public static final int MAX_FRAMES_PER_SECOND = 1_000_000;
    public static final int MAX_TIMES = 1_000_000;
    public static final int MAX_MILLIS = 24 * 3_600_000;
    /** A look stops each host for a full collection. */
    public static final int MIN_SAMPLE_MILLIS = 1_000;

    public static final int MIN_PAYLOAD_BYTES = 32;
    public static final int MAX_PAYLOAD_BYTES = 1_400;
    private static final int MAX_HEAP_MEBIBYTES = 65_536;

    private final List<FieldProblem> problems = new ArrayList<>();

    private ScenarioReader() {}

    /** Reads YAML or JSON. */
    public static Scenario read(byte[] text) throws InvalidDocumentException {
        ScenarioDocument document = Documents.readOne(text, Format.YAML, ScenarioDocument.class);
        ScenarioReader reader = new ScenarioReader();
        Scenario scenario = reader.scenario(document);
        if (!reader.problems.isEmpty()) {
            throw new InvalidDocumentException(reader.problems);
        }
        return scenario;
    }

    private Scenario scenario(ScenarioDocument document) {
        ScenarioDocument.Hosts given =
                document.hosts() == null ? new ScenarioDocument.Hosts(null, null, null, null) : document.hosts();
        List<String> hosts = IntStream.rangeClosed(1, number(given.count(), 2, 2, MAX_HOSTS, "hosts.count"))
                .mapToObj(number -> "host-" + number)
                .toList();
        ScenarioDocument.Tenant tenant =
                document.tenant() == null ? new ScenarioDocument.Tenant(null, null) : document.tenant();
        if (document.vms().isEmpty()) {
            wrong("vms", "must have one at least", "add - {name: web}");
        }
        bound(document.vms().size(), MAX_VMS, "vms");
        bound(document.traffic().size(), MAX_STREAMS, "traffic");
        List<VmPlan> vms = each(document.vms(), "vms", (vm, path) -> vm(vm, hosts, path));
        unique(vms.stream().map(VmPlan::name).toList(), "vms");
        Set<String> names = new HashSet<>(vms.stream().map(VmPlan::name).toList());
        List<TrafficPlan> traffic = each(document.traffic(), "traffic", (stream, path) -> stream(stream, names, path));
        unique(traffic.stream().map(TrafficPlan::name).toList(), "traffic");
        Set<String> streams =
                new HashSet<>(traffic.stream().map(TrafficPlan::name).toList());
        List<ScenarioDocument.Timed> timed = orEmpty(document.timeline());
        bound(timed.size(), MAX_STEPS, "timeline");
        List<Step> timeline =
                each(timed, "timeline", (step, path) -> step(step, new HashSet<>(hosts), names, streams, path));
        return new Scenario(
                document.scenario(),
                document.description() == null ? "" : document.description().strip(),
                new HostsPlan(
                        hosts,
                        number(given.heapMebibytes(), 256, 128, MAX_HEAP_MEBIBYTES, "hosts.heapMebibytes"),
                        given.tls() == null || given.tls(),
                        orEmpty(given.settings())),
                new TenantPlan(
                        tenant.defaultAction() == null ? "DROP" : tenant.defaultAction(),
                        tenant.tracking() == null ? "strict" : tenant.tracking(),
                        document.policy()),
                new Script(
                        vms,
                        traffic,
                        timeline,
                        number(document.durationMillis(), 0, 0, MAX_MILLIS, "durationMillis"),
                        number(document.sampleMillis(), 0, MIN_SAMPLE_MILLIS, MAX_MILLIS, "sampleMillis")),
                each(orEmpty(document.arms()), "arms", this::arm),
                limits(document.expect()),
                limits(document.goals()));
    }

    private VmPlan vm(ScenarioDocument.Vm vm, List<String> hosts, String path) {
        if (!vm.name().matches("[a-z][a-z0-9-]{0,29}")) {
            wrong(path + ".name", "must be a lower-case letter and up to 29 more, digits or -", null);
        }
        return new VmPlan(
                vm.name(),
                number(vm.count(), 1, 1, MAX_VMS, path + ".count"),
                known(vm.host(), hosts.getFirst(), hosts, path + ".host"),
                vm.twin() == null ? null : known(vm.twin(), hosts.getFirst(), hosts, path + ".twin"),
                orEmpty(vm.tags()));
    }

    private TrafficPlan stream(ScenarioDocument.Traffic stream, Set<String> vms, String path) {
        TrafficKind kind = choice(stream.kind(), TrafficKind.values(), TrafficKind.TCP, path + ".kind");
        int family = number(stream.family(), 4, 4, 6, path + ".family");
        if (family == 5) {
            wrong(path + ".family", "must be 4 or 6", null);
        }
        boolean sends = kind == TrafficKind.TCP || kind == TrafficKind.UDP || kind == TrafficKind.ICMP;
        refuse(stream.connections(), kind.isLasting(), path + ".connections", kind);
        refuse(stream.newPerSecond(), !kind.isLasting(), path + ".newPerSecond", kind);
        refuse(stream.framesPerSecond(), sends, path + ".framesPerSecond", kind);
        int rate = sends ? 100 : 0;
        return new TrafficPlan(
                stream.name(),
                kind,
                known(stream.to(), stream.to(), vms, path + ".to"),
                number(stream.port(), 443, 1, 65_535, path + ".port"),
                family == 6,
                number(stream.connections(), kind.isLasting() ? 1 : 0, 0, MAX_CONNECTIONS, path + ".connections"),
                number(stream.framesPerSecond(), rate, 0, MAX_FRAMES_PER_SECOND, path + ".framesPerSecond"),
                number(
                        stream.newPerSecond(),
                        kind.isLasting() ? 0 : 10,
                        0,
                        MAX_FRAMES_PER_SECOND,
                        path + ".newPerSecond"),
                number(stream.payloadBytes(), 64, MIN_PAYLOAD_BYTES, MAX_PAYLOAD_BYTES, path + ".payloadBytes"),
                stream.allowed() == null || stream.allowed());
    }

    private Step step(
            ScenarioDocument.Timed step, Set<String> hosts, Set<String> vms, Set<String> streams, String path) {
        int at = number(step.atMillis(), 0, 0, MAX_MILLIS, path + ".atMillis");
        Repeat repeat = repeat(step, path);
        int parallel = number(step.parallel(), 1, 1, MAX_VMS, path + ".parallel");
        return switch (step.action()) {
            case "migrate" ->
                new Step.Migrate(
                        at,
                        needed(step.vm(), vms, path + ".vm"),
                        step.to() == null ? null : needed(step.to(), hosts, path + ".to"),
                        repeat,
                        parallel,
                        number(step.alone(), 0, 0, MAX_TIMES, path + ".alone"));
            case "evacuate" -> new Step.Evacuate(at, needed(step.host(), hosts, path + ".host"), parallel);
            case "drain" -> new Step.Drain(at, needed(step.host(), hosts, path + ".host"), parallel);
            case "undrain" -> new Step.Undrain(at, needed(step.host(), hosts, path + ".host"));
            case "kill" -> {
                refuseFirst(step.host(), path);
                yield new Step.Kill(at, needed(step.host(), hosts, path + ".host"));
            }
            case "restart" -> {
                refuseFirst(step.host(), path);
                yield new Step.Restart(
                        at,
                        needed(step.host(), hosts, path + ".host"),
                        step.by() == null ? Ending.KILL : choice(step.by(), Ending.values(), Ending.KILL, path + ".by"),
                        number(step.awayMillis(), 0, 0, MAX_MILLIS, path + ".awayMillis"),
                        repeat);
            }
            case "start" -> new Step.Start(at, needed(step.host(), hosts, path + ".host"));
            case "apply" -> {
                if (step.documents() == null) {
                    wrong(path + ".documents", "is required", "add documents: |");
                }
                if (!repeat.isOnce() && step.back() == null) {
                    wrong(path + ".back", "is required where times is more than 1", "add what takes documents back");
                }
                orEmpty(step.revokes()).forEach(stream -> known(stream, stream, streams, path + ".revokes"));
                yield new Step.Apply(
                        at, String.valueOf(step.documents()), step.back(), repeat, orEmpty(step.revokes()));
            }
            default -> {
                wrong(
                        path + ".action",
                        "'" + step.action() + "' is no action",
                        "known are migrate, evacuate, drain, undrain, kill, start, restart, apply");
                yield new Step.Undrain(at, "");
            }
        };
    }

    /** Once; as often as it says; or, where it says only until when, as often as there is time. */
    private Repeat repeat(ScenarioDocument.Timed step, String path) {
        boolean isEndless = step.times() == null && step.untilMillis() != null;
        int times = number(step.times(), 1, 1, MAX_TIMES, path + ".times");
        return new Repeat(
                isEndless ? Repeat.FOREVER : times,
                number(step.restMillis(), 0, 0, MAX_MILLIS, path + ".restMillis"),
                number(step.untilMillis(), Repeat.FOREVER, 1, MAX_MILLIS, path + ".untilMillis"));
    }

    private void refuseFirst(@Nullable String host, String path) {
        if ("host-1".equals(host)) {
            wrong(path + ".host", "serves the API that the run uses", "take another one");
        }
    }

    private Arm arm(String label, String path) {
        return choice(label, Arm.values(), Arm.NO_FIREWALL, path);
    }

    private static List<Limit> limits(ScenarioDocument.@Nullable Limits given) {
        List<Limit> limits = new ArrayList<>();
        if (given != null) {
            add(limits, "lost", given.lost());
            add(limits, "duplicated", given.duplicated());
            add(limits, "reordered", given.reordered());
            add(limits, "corrupted", given.corrupted());
            add(limits, "unfinished", given.unfinished());
            add(limits, "failedMoves", given.failedMoves());
            if (given.moves() != null) {
                limits.add(new Limit("moves", given.moves(), true));
            }
            add(limits, "pauseMicrosP50", given.pauseMicrosP50());
            add(limits, "pauseMicrosP99", given.pauseMicrosP99());
            add(limits, "addedPauseMicrosP99", given.addedPauseMicrosP99());
            add(limits, "bytesPerConnection", given.bytesPerConnection());
            add(limits, "heapGrowthPercent", given.heapGrowthPercent());
            add(limits, "descriptorGrowth", given.descriptorGrowth());
            add(limits, "threadGrowth", given.threadGrowth());
            add(limits, "diskGrowthPercent", given.diskGrowthPercent());
        }
        return limits;
    }

    private static void add(List<Limit> limits, String figure, @Nullable Long value) {
        if (value != null) {
            limits.add(new Limit(figure, value, false));
        }
    }

    // ---- the checks

    private interface Reading<D, R> {
        R read(D document, String path);
    }

    private static <D, R> List<R> each(List<D> documents, String path, Reading<D, R> reading) {
        List<R> read = new ArrayList<>();
        for (int i = 0; i < documents.size(); i++) {
            read.add(reading.read(documents.get(i), path + "[" + i + "]"));
        }
        return read;
    }

    private static <T> List<T> orEmpty(@Nullable List<T> list) {
        return list == null ? List.of() : list;
    }

    private void wrong(String path, String message, @Nullable String hint) {
        problems.add(new FieldProblem(path, message, hint));
    }

    private int number(@Nullable Integer given, int usual, int least, int most, String path) {
        if (given != null && (given < least || given > most)) {
            wrong(path, "must be from " + least + " to " + most + ", not " + given, null);
        }
        return given == null ? usual : given;
    }

    private void bound(int count, int most, String path) {
        if (count > most) {
            wrong(path, "are " + count + ", but at most " + most + " are taken", null);
        }
    }

    private String known(@Nullable String given, String usual, java.util.Collection<String> known, String path) {
        if (given != null && !known.contains(given)) {
            wrong(
                    path,
                    "'" + given + "' is not known here",
                    "known are " + String.join(", ", new java.util.TreeSet<>(known)));
        }
        return given == null ? usual : given;
    }

    private String needed(@Nullable String given, Set<String> known, String path) {
        if (given == null) {
            wrong(path, "is required", "one of " + String.join(", ", new java.util.TreeSet<>(known)));
            return "";
        }
        return known(given, given, known, path);
    }

    private void refuse(@Nullable Integer given, boolean makesSense, String path, TrafficKind kind) {
        if (given != null && !makesSense) {
            wrong(path, "means nothing to " + kind.name().toLowerCase(Locale.ROOT), "leave it out");
        }
    }

    private void unique(List<String> names, String path) {
        Set<String> seen = new HashSet<>();
        for (int i = 0; i < names.size(); i++) {
            if (!seen.add(names.get(i))) {
                wrong(path + "[" + i + "].name", "'" + names.get(i) + "' is there before", "give it another name");
            }
        }
    }

    private <E extends Enum<E>> E choice(String given, E[] values, E otherwise, String path) {
        for (E value : values) {
            if (label(value).equals(given)) {
                return value;
            }
        }
        wrong(
                path,
                "'" + given + "' is not known here",
                "known are "
                        + String.join(
                                ", ",
                                Arrays.stream(values).map(ScenarioReader::label).toList()));
        return otherwise;
    }

    private static String label(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
