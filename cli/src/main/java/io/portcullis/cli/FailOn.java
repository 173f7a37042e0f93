package io.portcullis.cli;

import io.portcullis.api.FindingView;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Option;

/** Kinds of findings that make a command fail. */
final class FailOn {
    private static final String ALL = "all";

    @Option(
            names = "--fail-on",
            split = ",",
            paramLabel = "KIND",
            description =
                    "Fail on findings of these kinds: shadowed, redundant, conflicting, too-permissive, empty-group,"
                            + " unused, never-matches, passes-all, excluded, or all.")
    private List<String> given = new ArrayList<>();

    /** None if nothing fails the command; {@link CommandFailure} if one is unknown. */
    List<String> kinds() {
        for (String kind : given) {
            if (!kind.equals(ALL) && !FindingView.KINDS.contains(kind)) {
                throw new CommandFailure(
                        ExitCode.USAGE,
                        "there are no findings of kind '" + kind + "'",
                        "use " + String.join(", ", FindingView.KINDS) + " or " + ALL);
            }
        }
        return given.contains(ALL) ? FindingView.KINDS : List.copyOf(given);
    }
}
