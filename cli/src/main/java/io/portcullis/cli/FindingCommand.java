package io.portcullis.cli;

import io.portcullis.api.ChangeView;
import io.portcullis.api.FindingsRequest;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** Sets and clears findings of scanners. */
@Command(
        name = "finding",
        mixinStandardHelpOptions = true,
        description = "Set what a scanner found on a VM, or clear it (with a hyphen at the end).",
        footer = {"", "Examples:", "  portcullis finding web-1 malware=eicar", "  portcullis finding web-1 malware-"})
final class FindingCommand implements Callable<Integer> {
    @Mixin
    private final Session session;

    @Parameters(index = "0", paramLabel = "VM", description = "NAME or TENANT/NAME.")
    private String vm = "";

    @Parameters(
            index = "1..*",
            arity = "1..*",
            paramLabel = "FINDING",
            description = "kind=value, or kind- to clear it.")
    private List<String> findings = new ArrayList<>();

    @Mixin
    private final RealizationWait realization = new RealizationWait();

    FindingCommand(Terminal terminal) {
        session = new Session(terminal);
    }

    @Override
    public Integer call() {
        try (session) {
            Map<String, String> set = new LinkedHashMap<>();
            List<String> clear = new ArrayList<>();
            for (String finding : findings) {
                int equals = finding.indexOf('=');
                if (equals > 0) {
                    set.put(finding.substring(0, equals), finding.substring(equals + 1));
                } else if (finding.endsWith("-")) {
                    clear.add(finding.substring(0, finding.length() - 1));
                } else {
                    throw new CommandFailure(
                            ExitCode.USAGE, "'" + finding + "' is no finding", "write malware=eicar, or malware-");
                }
            }
            Session.VmName name = session.vm(vm);
            ChangeView change = session.client().findings(name.tenant(), name.name(), new FindingsRequest(set, clear));
            return realization.finish(session, change);
        }
    }
}
