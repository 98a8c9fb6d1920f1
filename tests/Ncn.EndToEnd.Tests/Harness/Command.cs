using System.Diagnostics;

namespace Ncn.EndToEnd.Tests.Harness;

/// <summary>A program that was run to its end.</summary>
internal sealed record Command(string Line, int ExitCode, string Output, string Errors)
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    /// <summary>The output; fails the test when the program failed.</summary>
    public string Succeeded()
    {
        Assert.True(ExitCode == 0, $"{Line} ended with {ExitCode}:\n{Errors}\n{Output}");
        return Output;
    }

    /// <summary>Runs a JavaScript file of the folder scripts.</summary>
    public static Task<Command> NodeAsync(string script, params string[] arguments) =>
        RunAsync("node", [Installation.Script(script), .. arguments], new Dictionary<string, string?>());

    public static async Task<Command> RunAsync(string program, IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string?> environment)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        using var limit = new CancellationTokenSource(Limit);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(limit.Token);
            var errors = await process.StandardError.ReadToEndAsync(limit.Token);
            await process.WaitForExitAsync(limit.Token);
            return new Command($"{program} {string.Join(' ', arguments)}", process.ExitCode, await output, errors);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{program} {string.Join(' ', arguments)} did not end within {Limit}.");
        }
    }
}
