package io.portcullis.loadtest.scenario;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A scenario as it stands in a file; {@link ScenarioReader} checks it. The records are the schema (docs/load-test.md says what each field means).
 *
 * @param scenario its name
 * @param policy documents of the tenant, as {@code portcullis apply} takes them; the segment {@code front} is there already
 */
public record ScenarioDocument(
        String scenario,
        @Nullable String description,
        @Nullable Hosts hosts,
        @Nullable Tenant tenant,
        String policy,
        List<Vm> vms,
        List<Traffic> traffic,
        @Nullable List<Timed> timeline,
        @Nullable Integer durationMillis,
        @Nullable Integer sampleMillis,
        @Nullable List<String> arms,
        @Nullable Limits expect,
        @Nullable Limits goals) {
    /** Of hosts. */
    public record Hosts(
            @Nullable Integer count,
            @Nullable Integer heapMebibytes,
            @Nullable Boolean tls,
            @Nullable List<String> settings) {}

    /** Of the tenant. */
    public record Tenant(
            @Nullable String defaultAction, @Nullable String tracking) {}

    /** Of VMs. */
    public record Vm(
            String name,
            @Nullable Integer count,
            @Nullable String host,
            @Nullable String twin,
            @Nullable List<String> tags) {}

    /** Of a stream of traffic. */
    public record Traffic(
            String name,
            String kind,
            String to,
            @Nullable Integer port,
            @Nullable Integer family,
            @Nullable Integer connections,
            @Nullable Integer framesPerSecond,
            @Nullable Integer newPerSecond,
            @Nullable Integer payloadBytes,
            @Nullable Boolean allowed) {}

    /** Of a step of the timeline. */
    public record Timed(
            int atMillis,
            String action,
            @Nullable String vm,
            @Nullable String host,
            @Nullable String to,
            @Nullable Integer times,
            @Nullable Integer restMillis,
            @Nullable Integer untilMillis,
            @Nullable Integer parallel,
            @Nullable Integer alone,
            @Nullable String by,
            @Nullable Integer awayMillis,
            @Nullable String documents,
            @Nullable String back,
            @Nullable List<String> revokes) {}

    /** Of what is expected, or wished for. */
    public record Limits(
            @Nullable Long lost,
            @Nullable Long duplicated,
            @Nullable Long reordered,
            @Nullable Long corrupted,
            @Nullable Long unfinished,
            @Nullable Long failedMoves,
            @Nullable Long moves,
            @Nullable Long pauseMicrosP50,
            @Nullable Long pauseMicrosP99,
            @Nullable Long addedPauseMicrosP99,
            @Nullable Long bytesPerConnection,
            @Nullable Long heapGrowthPercent,
            @Nullable Long descriptorGrowth,
            @Nullable Long threadGrowth,
            @Nullable Long diskGrowthPercent) {}
}
