package io.portcullis.admin.document;

import io.portcullis.api.QuotaSpec;
import io.portcullis.api.QuotaView;
import io.portcullis.api.document.Nearest;
import io.portcullis.policy.model.QuotaItem;
import io.portcullis.policy.model.TenantModel;
import io.portcullis.policy.model.TenantQuota;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Quotas as the API has them. */
final class QuotaText {
    private static final List<String> WORDS =
            Arrays.stream(QuotaItem.values()).map(QuotaItem::word).toList();

    private QuotaText() {}

    static TenantQuota read(QuotaSpec spec, Mistakes mistakes) {
        TenantQuota quota = TenantQuota.NONE;
        for (Map.Entry<String, Integer> each : spec.limits().entrySet()) {
            String path = "limits." + each.getKey();
            Optional<QuotaItem> item = item(each.getKey());
            int limit = each.getValue();
            if (item.isEmpty()) {
                mistakes.add(
                        path,
                        "is nothing that a quota limits",
                        Nearest.to(each.getKey(), WORDS)
                                .map(nearest -> "did you mean " + nearest + "?")
                                .orElse("there are " + String.join(", ", WORDS)));
            } else if (limit < 0) {
                mistakes.add(path, "is " + limit, "give 0 or more, or leave it out for no limit");
            } else {
                quota = quota.with(item.get(), limit);
            }
        }
        return quota;
    }

    private static Optional<QuotaItem> item(String word) {
        return Arrays.stream(QuotaItem.values())
                .filter(item -> item.word().equals(word))
                .findFirst();
    }

    static QuotaSpec spec(TenantQuota quota) {
        return new QuotaSpec(words(quota.limits()));
    }

    static QuotaView view(TenantModel model) {
        return new QuotaView(
                model.tenant().value(), model.revision(), words(model.quota().limits()), words(TenantQuota.use(model)));
    }

    private static Map<String, Integer> words(Map<QuotaItem, Integer> counts) {
        Map<String, Integer> words = new LinkedHashMap<>();
        counts.forEach((item, count) -> words.put(item.word(), count));
        return words;
    }
}
