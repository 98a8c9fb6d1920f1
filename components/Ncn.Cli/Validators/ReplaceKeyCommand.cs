using System.CommandLine;
using System.Globalization;
using Ncn.Chain;
using Ncn.Chain.Registry;
using Ncn.Cli.Network;
using Ncn.Cli.Provisioning;
using Ncn.Cli.Staking;

namespace Ncn.Cli.Validators;

/// <summary>
/// <c>validator replace-key</c>: after a lost disk nobody can tell what the old key has signed, so it is retired. 1. a new key; 2. its name on the
/// chain; 3. a snapshot with it, as soon as the chain takes one; 4. the validator starts with it and votes from the epoch on that has the snapshot.
/// </summary>
internal static class ReplaceKeyCommand
{
    public static Command Create()
    {
        var staker = new Staker(SubnetRole.Validator);
        var command = new Command("replace-key", "Retire the key that a validator votes with, after its disk was lost or its key was seen: name a new one, which votes from the next snapshot on.");
        staker.AddTo(command);
        var newKey = new Option<string?>("--new-key-file") { Description = "Where the new key is, or is to be made. Default in a local network: the validator's own place." };
        command.Add(newKey);
        command.SetAction(async (parsed, cancellation) =>
        {
            using var session = await staker.OpenAsync(parsed);
            var (folder, number) = (staker.Target.Folder(parsed), parsed.GetValue(staker.Number));
            var isLocal = parsed.GetValue<string?>("--network") is null && parsed.GetValue<string?>("--key-file") is null;
            var path = parsed.GetValue(newKey) ?? (isLocal
                ? folder.KeyFile(KeyFiles.Consensus(number))
                : throw new CliException("Where is the new key? Give --new-key-file: a file that holds it, or that it is written to. Nothing was sent."));
            await RequireStakeAsync(session);
            if (parsed.GetValue(newKey) is null && session.Chain.Broadcast)
            {
                VotingKey.Retire(path);
            }

            await ReplaceAsync(session, path, cancellation);
            if (isLocal && session.Chain.Broadcast)
            {
                Restart(folder, number);
            }

            return 0;
        });
        return command;
    }

    private static async Task ReplaceAsync(StakeSession session, string path, CancellationToken cancellation)
    {
        using var key = VotingKey.Ensure(path);
        var consensus = new ConsensusContract(session.Chain.Chain);
        if (await consensus.ReadOperatorAsync(session.Subnet.Id, key.Address) is { IsZero: false })
        {
            throw new CliException($"The key {key.Address} of {path} was named on the chain before; a key that may have voted is not taken again. Give a new --new-key-file. Nothing was sent.");
        }

        await session.Chain.SendAsync(LocalValidators.NamingCall(session.Chain.Chain, session.Subnet.Id, session.Staker, key), cancellation);
        if (!session.Chain.Broadcast)
        {
            return;
        }

        Console.WriteLine($"{session.Staker} votes with {key.Address} ({path}) from the next snapshot on");
        Console.WriteLine(await TrySnapshotAsync(session, consensus, cancellation)
            ? "a snapshot with it is taken: it votes from the next epoch on"
            : $"the next snapshot cannot be taken yet (at most one each {session.Subnet.Parameters.EpochLength} s); validators take it when its time has come");
    }

    private static async Task RequireStakeAsync(StakeSession session)
    {
        if (!await session.Chain.Owner.IsActiveAsync(session.Subnet.Id, SubnetRole.Validator, session.Staker))
        {
            throw new CliException($"{session.Staker} is no active validator of subnet {session.Subnet.Id}: its stake is below the minimum. Nothing was sent.");
        }
    }

    private static async Task<bool> TrySnapshotAsync(StakeSession session, ConsensusContract consensus, CancellationToken cancellation)
    {
        try
        {
            await session.Chain.Chain.SendAsync(consensus.TakeSnapshotCall(session.Subnet.Id), cancellation);
            return true;
        }
        catch (ContractRevertedException refused) when (refused.Message.Contains("SnapshotTooEarly", StringComparison.Ordinal))
        {
            return false;
        }
    }

    private static void Restart(StateFolder folder, int number)
    {
        var appId = RuntimeReport.ValidatorPrefix + number.ToString(CultureInfo.InvariantCulture);
        if (NetworkLauncher.Running(folder) is null || RuntimeReport.Read(folder)?.Apps.FirstOrDefault(app => app.AppId == appId) is not { GaveUp: false } app)
        {
            Console.WriteLine($"{appId} does not run; it takes the new key at the next ./ncn up");
            return;
        }

        // The ledger is taken anew from the others, at their newest epoch. Without a process it is on its way up already, and reads the key then.
        var rowsAndStates = Path.Combine(folder.Path, "apps", appId);
        foreach (var rows in Files(rowsAndStates, "rows-*").Concat(Files(rowsAndStates, "state-*")))
        {
            File.Delete(rows);
        }

        if (app.ProcessId is { } processId)
        {
            using var process = System.Diagnostics.Process.GetProcessById(processId);
            process.Kill();
        }

        Console.WriteLine($"{appId} starts again with the new key");
    }

    private static string[] Files(string folder, string pattern) => Directory.Exists(folder) ? Directory.GetFiles(folder, pattern) : [];
}
