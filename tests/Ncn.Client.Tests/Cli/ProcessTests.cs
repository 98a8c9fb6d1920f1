using Ncn.Cli.Processes;

namespace Ncn.Client.Tests.Cli;

public sealed class ProcessTests : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory();
    private readonly string runId = Guid.NewGuid().ToString("N");

    public void Dispose()
    {
        foreach (var left in RunMembers.Find(runId))
        {
            left.Kill();
        }

        folder.Delete(recursive: true);
    }

    [Fact]
    public async Task A_detached_process_runs_logs_and_stops()
    {
        var process = Start("echo ready; exec sleep 60");
        Assert.True(process.IsRunning);
        var log = Path.Combine(folder.FullName, "log");
        await WaitUntilAsync(() => File.Exists(log) && File.ReadAllText(log) == "ready\n");
        process.Terminate();
        Assert.True(await process.WaitForExitAsync(TimeSpan.FromSeconds(60)));
    }

    [Fact]
    public void A_reused_process_id_is_a_stranger_and_is_left_alone()
    {
        var process = Start("exec sleep 60");
        var older = process with { StartTicks = process.StartTicks - 1 };
        Assert.False(older.IsRunning);
        older.Kill();
        Assert.True(process.IsRunning);
    }

    [Fact]
    public async Task Children_of_a_killed_process_are_found_by_their_mark()
    {
        var process = Start("sleep 60 & wait");
        // The child bears the mark before it is the program that it becomes.
        await WaitUntilAsync(() => RunMembers.Find(runId) is { Count: 2 } members && members.Any(static member => member.Role == "sleep"));
        process.Kill();
        await process.WaitForExitAsync(TimeSpan.FromSeconds(60));
        var orphan = Assert.Single(RunMembers.Find(runId));
        Assert.Equal("sleep", orphan.Role);
        orphan.Kill();
        Assert.True(await orphan.WaitForExitAsync(TimeSpan.FromSeconds(60)));
        Assert.Empty(RunMembers.Find(runId));
    }

    private static async Task WaitUntilAsync(Func<bool> condition)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(120));
        while (!condition())
        {
            await Task.Delay(5, limit.Token);
        }
    }

    private RecordedProcess Start(string script) => DetachedProcess.Start(
        "test", Path.Combine(folder.FullName, "log"), ["/bin/sh", "-c", script], new Dictionary<string, string> { [RunMembers.Variable] = runId });
}
