using Microsoft.Extensions.Options;
using Ncn.Protocol;
using Ncn.Serving.Answers;
using Ncn.Serving.Execution;

namespace Ncn.Serving.Tests.Answers;

/// <summary>Which answers a process keeps.</summary>
public sealed class LiveAnswersTests : IDisposable
{
    private const int MaxKept = 16;
    private readonly ManualTimers _time = new();
    private readonly LiveAnswers _answers;

    public LiveAnswersTests() => _answers = new LiveAnswers(Options.Create(new AnswersOptions { MaxKept = MaxKept, KeptSeconds = 120 }), _time);

    public void Dispose() => _answers.Dispose();

    [Fact]
    public async Task The_answer_that_ended_first_goes_first_when_there_are_too_many()
    {
        var running = Open(0);
        var answers = Enumerable.Range(1, MaxKept - 1).Select(Open).ToArray();
        await EndAsync(answers[3]);
        await EndAsync(answers[1]);
        Open(100);
        Assert.Equal((null, answers[1], MaxKept), (_answers.Find(answers[3].Request), _answers.Find(answers[1].Request), _answers.Count));
        Open(101);
        Assert.Equal((null, running, MaxKept), (_answers.Find(answers[1].Request), _answers.Find(running.Request), _answers.Count));
    }

    [Fact]
    public async Task Answers_that_run_are_kept_however_many_they_are_and_go_when_they_end()
    {
        var answers = Enumerable.Range(0, MaxKept * 3).Select(Open).ToArray();
        Assert.Equal(MaxKept * 3, _answers.Count);
        foreach (var answer in answers)
        {
            await EndAsync(answer);
        }

        Assert.Equal(MaxKept, _answers.Count);
        Assert.NotNull(_answers.Find(answers[^1].Request));
    }

    [Fact]
    public async Task An_answer_is_kept_for_the_stated_time_after_its_end()
    {
        var (first, second) = (Open(1), Open(2));
        await EndAsync(first);
        _time.Advance(TimeSpan.FromSeconds(119));
        await EndAsync(second);
        Assert.NotNull(_answers.Find(first.Request));
        _time.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal((null, second), (_answers.Find(first.Request), _answers.Find(second.Request)));
    }

    [Fact]
    public async Task A_run_that_took_the_place_of_an_earlier_one_stays_when_that_one_goes()
    {
        var earlier = Open(1);
        var later = Open(1);
        await EndAsync(earlier);
        _time.Advance(TimeSpan.FromHours(1));
        Assert.Equal((later, 1), (_answers.Find(later.Request), _answers.Count));
        _answers.Drop(earlier);
        Assert.Equal(1, _answers.Count);
        _answers.Drop(later);
        Assert.Equal(0, _answers.Count);
    }

    private LiveAnswer Open(int number)
    {
        var request = IdOf(number);
        return _answers.Open(request, "chat", new AnswerContext(request, "tiny-chat", 0, default), resumable: false);
    }

    private static RequestId IdOf(int number) => new(Hash32.Parse($"0x{number:x64}"));

    private static Task EndAsync(LiveAnswer answer) => answer.PumpAsync(AsyncEnumerable.Empty<RunPart>());
}
