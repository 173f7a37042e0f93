package io.portcullis.cluster;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigValue;
import io.portcullis.api.document.Nearest;
import io.portcullis.cluster.NodeConfig.InvalidNodeConfigException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** The settings that there are. One that is mistyped would be ignored in silence, so it is refused. */
final class KnownSettings {
    private static final String OWN = "portcullis";
    /** Set by the node itself, for its log. */
    private static final Set<String> INTERNAL = Set.of("log.host");

    private final Set<String> roots;
    private final Set<String> keys;

    /** From all defaults, resolved. */
    KnownSettings(Config defaults) {
        roots = Set.copyOf(defaults.root().keySet());
        keys = new TreeSet<>();
        defaults.getConfig(OWN).entrySet().forEach(entry -> keys.add(entry.getKey()));
        keys.addAll(INTERNAL);
    }

    /** Refuses what no module reads, for example {@code portculis}; for sources that hold nothing else. */
    void checkRoots(Config source) {
        source.root().forEach((root, value) -> {
            if (!roots.contains(root)) {
                throw unknown(
                        value, root, "did you mean " + Nearest.to(root, roots).orElse(OWN) + "?");
            }
        });
    }

    /** Refuses an unknown key below {@code portcullis}, whatever source it is from. */
    void check(Config whole) {
        for (Map.Entry<String, ConfigValue> entry : whole.getConfig(OWN).entrySet()) {
            String key = entry.getKey();
            if (!keys.contains(key)) {
                throw unknown(entry.getValue(), OWN + "." + key, hint(key));
            }
        }
    }

    private String hint(String key) {
        Optional<String> nearest = Nearest.to(key, keys);
        if (nearest.isPresent()) {
            return "did you mean " + OWN + "." + nearest.get() + "?";
        }
        String section = key.substring(0, key.lastIndexOf('.') + 1);
        List<String> siblings = keys.stream()
                .filter(known -> !section.isEmpty() && known.startsWith(section))
                .map(known -> known.substring(section.length()))
                .toList();
        return siblings.isEmpty()
                ? "application.conf in the jar lists all settings"
                : OWN + "." + section + " has " + String.join(", ", siblings);
    }

    private static InvalidNodeConfigException unknown(ConfigValue value, String key, String hint) {
        return new InvalidNodeConfigException(value.origin().description() + ": " + key + " is no setting; " + hint);
    }
}
