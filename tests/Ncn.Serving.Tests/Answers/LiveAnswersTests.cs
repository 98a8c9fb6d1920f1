using Microsoft.Extensions.Options;
using Ncn.Protocol;
using Ncn.Protocol.Cryptography;
using Ncn.Serving.Answers;
using Ncn.Serving.Execution;

namespace Ncn.Serving.Tests.Answers;

public sealed class LiveAnswersTests
{
    [Fact]
    public async Task When_there_are_too_many_the_oldest_finished_ones_go_and_what_runs_stays()
    {
        var time = new ManualTimers();
        using var answers = new LiveAnswers(Options.Create(new AnswersOptions { MaxKept = 16 }), time);
        var running = Open(answers, 0);
        for (byte number = 1; number <= 16; number++)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await Open(answers, number).PumpAsync(Nothing());
        }

        Assert.InRange(answers.Count, 8, 16);
        Assert.Same(running, answers.Find(Id(0)));
        Assert.Null(answers.Find(Id(1)));
        Assert.NotNull(answers.Find(Id(16)));
    }

    private static LiveAnswer Open(LiveAnswers answers, byte number) =>
        answers.Open(Id(number), "chat", new AnswerContext(Id(number), "tiny-chat", 0, default), resumable: false);

    private static RequestId Id(byte number) => new(Keccak256.Of([number]));

    private static async IAsyncEnumerable<RunPart> Nothing()
    {
        await Task.CompletedTask;
        yield break;
    }
}
