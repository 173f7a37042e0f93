package io.portcullis.admin.actors;

import io.portcullis.policy.TenantId;
import io.portcullis.policy.model.ModelEdit;
import io.portcullis.policy.model.TenantModel;
import io.portcullis.vnic.ModelVersion;
import java.lang.ref.SoftReference;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The models that this node was asked about last, so that only what has changed in them must come from other nodes. They give way when
 * memory is short. Thread-safe.
 */
final class KnownModels {
    /** Tenants of which a model is kept; the one that was asked about longest ago is forgotten. */
    static final int MAX_TENANTS = 100;

    /** A model and what its tenant knows it by. */
    record Known(TenantModel model, ModelVersion version) {}

    private final Map<TenantId, SoftReference<Known>> models = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<TenantId, SoftReference<Known>> eldest) {
            return size() > MAX_TENANTS;
        }
    };

    synchronized @Nullable Known of(TenantId tenant) {
        SoftReference<Known> known = models.get(tenant);
        return known == null ? null : known.get();
    }

    TenantModel learned(TenantModel model, ModelVersion version) {
        keep(new Known(model, version));
        return model;
    }

    /** The model that these edits make of an older one. */
    TenantModel learned(TenantModel before, List<ModelEdit> edits, ModelVersion version) {
        return edits.isEmpty() ? before : learned(before.replayed(edits, version.revision()), version);
    }

    /** Answers may overtake each other: the newest stays. */
    private synchronized void keep(Known learned) {
        Known present = of(learned.model().tenant());
        if (present == null
                || present.version().writer() != learned.version().writer()
                || present.version().revision() < learned.version().revision()) {
            models.put(learned.model().tenant(), new SoftReference<>(learned));
        }
    }
}
