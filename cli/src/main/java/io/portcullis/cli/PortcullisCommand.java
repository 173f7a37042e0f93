package io.portcullis.cli;

import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The command without a subcommand: shows what there is. */
@Command(
        name = "portcullis",
        mixinStandardHelpOptions = true,
        version = "portcullis 0.1.0-SNAPSHOT",
        description = "A distributed firewall for clusters of virtual machines.",
        subcommands = {
            GetCommand.class,
            DescribeCommand.class,
            ApplyCommand.class,
            DiffCommand.class,
            PreviewCommand.class,
            ExportCommand.class,
            HistoryCommand.class,
            RollbackCommand.class,
            StageCommand.class,
            PublishCommand.class,
            UnstageCommand.class,
            AnalyzeCommand.class,
            DeleteCommand.class,
            AttachCommand.class,
            DetachCommand.class,
            TagCommand.class,
            FindingCommand.class,
            QuarantineCommand.class,
            ForgetCommand.class,
            EvaluateCommand.class,
            TraceCommand.class,
            MigrateCommand.class,
            MigrationsCommand.class,
            CancelCommand.class,
            DrainCommand.class,
            EvacuateCommand.class,
            LeaveCommand.class,
            RebalanceCommand.class,
            PauseCommand.class,
            ResumeCommand.class,
            LimitCommand.class,
            QuotaCommand.class,
            TokenCommand.class,
            CaCommand.class
        },
        footer = {
            "",
            "Also: @|bold portcullis demo|@ (a cluster to play with), @|bold portcullis node|@ (one node),",
            "      @|bold portcullis load-test|@ (drives a running cluster),",
            "      @|bold portcullis replay|@ (what the firewall does with a capture file),",
            "      @|bold portcullis simulate|@ (what changes cost in a cluster of many hosts),",
            "      @|bold portcullis backup|@, @|bold restore|@ (the embedded database).",
            "",
            "Where the cluster is, and as whom:",
            "  PORTCULLIS_URL         admin endpoint of any node, default " + Session.DEFAULT_URL,
            "  PORTCULLIS_TOKEN_FILE  file with the token, default " + Session.DEFAULT_TOKEN_FILE,
            "  PORTCULLIS_CA          for https: the cluster's ca.crt",
            "  PORTCULLIS_TENANT      tenant, where there is more than one",
            "",
            "First steps:",
            "  portcullis get cluster",
            "  portcullis apply -f tenant.yaml --tenant acme --create-tenant",
            "  portcullis attach web-1 host-1",
            "  portcullis migrate web-1 --to host-2",
            "  portcullis tag web-1 quarantine:yes",
            "  portcullis evaluate --from web-1 --to db-1 --proto tcp --port 5432",
            "",
            "Exit status: 0 done, 1 refused or failed (diff: different), 2 wrong usage, 3 no answer from the endpoint."
        })
final class PortcullisCommand implements Runnable {
    private final Terminal terminal;

    PortcullisCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public void run() {
        new CommandLine(this, new CommandFactory(terminal))
                .setUsageHelpWidth(Main.HELP_WIDTH)
                .usage(terminal.out());
    }
}
