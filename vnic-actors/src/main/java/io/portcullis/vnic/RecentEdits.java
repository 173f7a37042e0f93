package io.portcullis.vnic;

import io.portcullis.policy.model.ModelEdit;
import io.portcullis.policy.model.TenantModel;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;

/**
 * The newest edits of a tenant, in memory, for those who have a model that is a little older and would else need the whole. One
 * incarnation of a tenant's actor begins with none. One thread.
 */
final class RecentEdits {
    /** Objects, rules, members and addresses in all of them together; see {@link EditWeight}. */
    static final long MAX_WEIGHT = 20_000;

    static final int MAX_REVISIONS = 1_000;

    private record Recent(long revision, List<ModelEdit> edits, long weight) {}

    private final long writer;
    private final Deque<Recent> recent = new ArrayDeque<>();
    private long weight;

    /** @param writer tells this incarnation from all others */
    RecentEdits(long writer) {
        this.writer = writer;
    }

    ModelVersion version(long revision) {
        return new ModelVersion(writer, revision);
    }

    /** The model got this revision by these edits. */
    void add(long revision, List<ModelEdit> edits) {
        Recent added = new Recent(revision, edits, EditWeight.of(edits));
        recent.addLast(added);
        weight += added.weight();
        while (weight > MAX_WEIGHT || recent.size() > MAX_REVISIONS) {
            weight -= recent.removeFirst().weight();
        }
    }

    /** A model that no edits lead to. */
    void clear() {
        recent.clear();
        weight = 0;
    }

    /** The model; to somebody on another node who has an older one, what has changed since. */
    TenantReply replyTo(TenantCommand.GetModel get, TenantModel model) {
        ModelVersion known = get.known();
        ModelVersion newest = version(model.revision());
        boolean here = get.replyTo().path().address().hasLocalScope();
        return known == null || here
                ? new TenantReply.Model(model, newest)
                : since(known, model.revision())
                        .<TenantReply>map(edits -> new TenantReply.ModelDelta(edits, newest))
                        .orElseGet(() -> new TenantReply.Model(model, newest));
    }

    /** The edits between two models; empty if they are not known (any more). */
    Optional<List<ModelEdit>> since(ModelVersion known, long current) {
        if (known.writer() != writer || known.revision() > current) {
            return Optional.empty();
        }
        List<ModelEdit> edits = new ArrayList<>();
        long at = known.revision();
        for (Recent each : recent) {
            if (each.revision() == at + 1) {
                edits.addAll(each.edits());
                at++;
            }
        }
        return at == current ? Optional.of(edits) : Optional.empty();
    }
}
