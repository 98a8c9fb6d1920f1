using Ncn.Cli;

return await CommandRunner.RunAsync(NcnCommand.Create(), args);
