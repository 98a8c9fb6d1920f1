using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Serialization;
using Dapr.Actors.Communication;

namespace Dapr.Actors.Runtime;

/// <summary>Reminders and timers in the sidecar.</summary>
internal sealed class SidecarActorTimers(ActorSidecar sidecar) : ActorTimerManager
{
    private const string Reminders = "reminders";
    private const string Timers = "timers";
    private static readonly MediaTypeHeaderValue BodyType = new("application/json") { CharSet = "utf-8" };
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    public override Task RegisterReminderAsync(ActorReminder reminder)
    {
        var body = new ReminderBody(
            ActorDuration.Format(reminder.DueTime),
            ActorDuration.FormatPeriod(reminder.Period, reminder.Repetitions),
            reminder.State,
            reminder.Ttl is { } ttl ? ActorDuration.Format(ttl) : null);
        return PutAsync(sidecar.UriOf(reminder.ActorType, reminder.ActorId.GetId(), Reminders, reminder.Name), body);
    }

    public override Task UnregisterReminderAsync(ActorReminderToken reminder) =>
        SendAsync(HttpMethod.Delete, sidecar.UriOf(reminder.ActorType, reminder.ActorId.GetId(), Reminders, reminder.Name));

    public override async Task<IActorReminder?> GetReminderAsync(ActorReminderToken reminder)
    {
        byte[] answer;
        try
        {
            answer = await SendAsync(HttpMethod.Get, sidecar.UriOf(reminder.ActorType, reminder.ActorId.GetId(), Reminders, reminder.Name)).ConfigureAwait(false);
        }
        catch (DaprApiException failure) when (failure.ErrorCode is "ERR_DOES_NOT_EXIST" or "ERR_ACTOR_REMINDER_NOT_FOUND")
        {
            return null; // The sidecar's way to say that there is none.
        }
        return answer.Length == 0 || ReminderBody.Parse(answer) is not { } body
            ? null
            : new ActorReminder(reminder.ActorType, reminder.ActorId, reminder.Name, body.Data, ActorDuration.Parse(body.DueTime), ActorDuration.Parse(body.Period));
    }

    public override Task RegisterTimerAsync(ActorTimer timer)
    {
        var body = new TimerBody(
            ActorDuration.Format(timer.DueTime),
            ActorDuration.Format(timer.Period),
            timer.Data,
            timer.TimerCallback,
            timer.Ttl is { } ttl ? ActorDuration.Format(ttl) : null);
        return PutAsync(sidecar.UriOf(timer.ActorType, timer.ActorId.GetId(), Timers, timer.Name), body);
    }

    public override Task UnregisterTimerAsync(ActorTimerToken timer) =>
        SendAsync(HttpMethod.Delete, sidecar.UriOf(timer.ActorType, timer.ActorId.GetId(), Timers, timer.Name));

    private Task<byte[]> PutAsync<TBody>(Uri uri, TBody body) =>
        SendAsync(HttpMethod.Put, uri, new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(body, Json)) { Headers = { ContentType = BodyType } });

    private async Task<byte[]> SendAsync(HttpMethod method, Uri uri, HttpContent? content = null)
    {
        using var request = new HttpRequestMessage(method, uri) { Content = content };
        using var response = await sidecar.SendAsync(request, CancellationToken.None).ConfigureAwait(false);
        return await response.Content.ReadAsByteArrayAsync().ConfigureAwait(false);
    }
}
