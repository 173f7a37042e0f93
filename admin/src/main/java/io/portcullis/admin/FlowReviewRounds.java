package io.portcullis.admin;

import io.portcullis.api.PlacementView;
import io.portcullis.policy.HostId;
import io.portcullis.policy.VmId;
import io.portcullis.policy.VnicId;
import io.portcullis.policy.table.RuleTable;
import io.portcullis.vnic.VnicReview;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Asks all attached vNICs whose rules would change what that would do to their live connections: of each host {@link #VNICS_PER_QUESTION} at a
 * time, {@link #HOSTS_AT_ONCE} hosts at once. Whoever has just moved is asked once more. For one request.
 */
final class FlowReviewRounds {
    static final int VNICS_PER_QUESTION = 32;
    static final int HOSTS_AT_ONCE = 16;
    /** Then nobody else is asked: a client waits 30 seconds. */
    static final Duration ASKING_TIME = Duration.ofSeconds(10);

    /** Connections that each vNIC names. */
    static final int EXAMPLES_PER_VNIC = 5;

    /** An attached vNIC, what it says, and where it was asked. */
    record Answer(HostId host, VnicReview review) {}

    private record Question(HostId host, RuleTable table, List<VnicId> vnics) {}

    private final AdminServices services;
    private final Map<VnicId, Answer> answers = new ConcurrentHashMap<>();
    private final long beginNanos = System.nanoTime();

    FlowReviewRounds(AdminServices services) {
        this.services = services;
    }

    /** What all attached vNICs said, each once; never fails. */
    CompletionStage<Map<VnicId, Answer>> ask(TableChanges changes, Map<VmId, PlacementView> placements) {
        Map<VnicId, RuleTable> tables = new HashMap<>();
        Map<VnicId, HostId> hosts = new LinkedHashMap<>();
        for (TableChanges.Change change : changes.changes()) {
            RuleTable after = change.after();
            for (VnicId vnic : after == null ? List.<VnicId>of() : change.vnics()) {
                PlacementView placement = placements.get(vnic.vm());
                String host = placement == null ? null : placement.host();
                if (host != null) {
                    tables.put(vnic, after);
                    hosts.put(vnic, new HostId(host));
                }
            }
        }
        return round(hosts, tables).thenCompose(done -> round(moved(), tables)).thenApply(done -> answers);
    }

    private Map<VnicId, HostId> moved() {
        Map<VnicId, HostId> moved = new LinkedHashMap<>();
        answers.forEach((vnic, answer) -> {
            HostId to = answer.review().movedTo();
            if (to != null) {
                moved.put(vnic, to);
            }
        });
        return moved;
    }

    private CompletionStage<?> round(Map<VnicId, HostId> hosts, Map<VnicId, RuleTable> tables) {
        Map<HostId, List<Question>> byHost = questions(hosts, tables);
        List<CompletionStage<Void>> lanes = new ArrayList<>();
        for (int i = 0; i < Math.min(HOSTS_AT_ONCE, byHost.size()); i++) {
            lanes.add(CompletableFuture.completedFuture(null));
        }
        int next = 0;
        for (List<Question> ofHost : byHost.values()) {
            int lane = next++ % lanes.size();
            for (Question question : ofHost) {
                lanes.set(lane, lanes.get(lane).thenCompose(done -> ask(question)));
            }
        }
        return Stages.all(lanes);
    }

    private static Map<HostId, List<Question>> questions(Map<VnicId, HostId> hosts, Map<VnicId, RuleTable> tables) {
        Map<HostId, Map<RuleTable, List<VnicId>>> grouped = new LinkedHashMap<>();
        hosts.forEach((vnic, host) -> grouped.computeIfAbsent(host, first -> new LinkedHashMap<>())
                .computeIfAbsent(tables.get(vnic), first -> new ArrayList<>())
                .add(vnic));
        Map<HostId, List<Question>> questions = new LinkedHashMap<>();
        grouped.forEach((host, byTable) -> byTable.forEach((table, vnics) -> {
            for (int from = 0; from < vnics.size(); from += VNICS_PER_QUESTION) {
                questions
                        .computeIfAbsent(host, first -> new ArrayList<>())
                        .add(new Question(
                                host,
                                table,
                                List.copyOf(vnics.subList(from, Math.min(vnics.size(), from + VNICS_PER_QUESTION)))));
            }
        }));
        return questions;
    }

    private CompletionStage<Void> ask(Question question) {
        if (System.nanoTime() - beginNanos > ASKING_TIME.toNanos()) {
            question.vnics()
                    .forEach(vnic -> answers.put(
                            vnic,
                            new Answer(
                                    question.host(),
                                    VnicReview.unanswered(
                                            vnic, "not asked: the time for a preview was up (ASKING_TIME)"))));
            return CompletableFuture.completedFuture(null);
        }
        return services.review(question.host(), question.table(), question.vnics(), EXAMPLES_PER_VNIC)
                .thenAccept(reviews ->
                        reviews.forEach(review -> answers.put(review.vnic(), new Answer(question.host(), review))));
    }
}
