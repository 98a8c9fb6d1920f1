using System.Linq.Expressions;
using System.Reflection;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Microsoft.Azure.Functions.Worker.OneProcess;

/// <summary>Runs every timer function on its schedule; a timer never overlaps itself.</summary>
internal sealed partial class TimerHost(
    FunctionSet functions, IConfiguration configuration, IServiceScopeFactory scopes, TimeProvider time, ILogger<TimerHost> logger)
    : BackgroundService, ITriggerHost
{
    private readonly List<TimerFunction> timers = [];

    public Type TriggerType => typeof(TimerTriggerAttribute);

    public void Attach(WebApplication app)
    {
        foreach (var function in functions.TriggeredBy<TimerTriggerAttribute>())
        {
            var trigger = (TimerTriggerAttribute)function.Trigger;
            timers.Add(new TimerFunction(function, trigger, Schedule(function, trigger), FunctionCompiler.Compile(function, Bind)));
        }
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(timers.Select(timer => RunAsync(timer, stoppingToken)));

    private TimerSchedule Schedule(FunctionDescriptor function, TimerTriggerAttribute trigger)
    {
        try
        {
            return TimerSchedule.Parse(HostSettings.Resolve(trigger.Schedule, configuration, function.Name));
        }
        catch (FormatException exception)
        {
            throw new InvalidOperationException($"Function '{function.Name}' has an invalid timer schedule. {exception.Message}", exception);
        }
    }

    private static Expression? Bind(ParameterInfo parameter, Expression context) => parameter.ParameterType == typeof(TimerInfo)
        ? Expression.Property(Expression.Convert(context, typeof(TimerInvocationContext)), nameof(TimerInvocationContext.Timer))
        : null;

    private async Task RunAsync(TimerFunction timer, CancellationToken stopping)
    {
        var last = default(DateTime);
        if (timer.Trigger.RunOnStartup)
        {
            last = Now();
            await InvokeAsync(timer, last, timer.Schedule.NextAfter(last), isPastDue: false, stopping);
        }

        var from = Now();
        while (!stopping.IsCancellationRequested && timer.Schedule.NextAfter(from) is { } due)
        {
            // Due times that passed while the function ran are made up for by one call, at once.
            var isPastDue = due < Now();
            await DelayUntilAsync(due, stopping);
            from = isPastDue ? Now() : due;
            await InvokeAsync(timer, last, timer.Schedule.NextAfter(from), isPastDue, stopping);
            last = from;
        }
    }

    private DateTime Now() => time.GetUtcNow().UtcDateTime;

    private async Task DelayUntilAsync(DateTime due, CancellationToken stopping)
    {
        var longest = TimeSpan.FromDays(1);
        for (var rest = due - Now(); rest > TimeSpan.Zero; rest = due - Now())
        {
            await Task.Delay(rest < longest ? rest : longest, time, stopping);
        }
    }

    private async Task InvokeAsync(TimerFunction timer, DateTime last, DateTime? next, bool isPastDue, CancellationToken stopping)
    {
        var status = timer.Trigger.UseMonitor ? new ScheduleStatus { Last = last, Next = next ?? default, LastUpdated = Now() } : null;
        await using var scope = scopes.CreateAsyncScope();
        var context = new TimerInvocationContext(
            timer.Function, timer.Body, scope.ServiceProvider, new TimerInfo { IsPastDue = isPastDue, ScheduleStatus = status }, stopping);
        try
        {
            await functions.Pipeline(context);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            LogStopped(logger, timer.Function.Name);
        }
        catch (Exception exception)
        {
            LogFailure(logger, exception, timer.Function.Name, context.InvocationId);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Timer function {Function} failed in invocation {Invocation}; it runs again when next due")]
    private static partial void LogFailure(ILogger logger, Exception exception, string function, string invocation);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Timer function {Function} was stopped")]
    private static partial void LogStopped(ILogger logger, string function);
}

internal sealed record TimerFunction(FunctionDescriptor Function, TimerTriggerAttribute Trigger, TimerSchedule Schedule, FunctionBody Body);

internal sealed class TimerInvocationContext(
    FunctionDescriptor function, FunctionBody body, IServiceProvider services, TimerInfo timer, CancellationToken cancellationToken)
    : InvocationContext(function, body, services, cancellationToken)
{
    public TimerInfo Timer { get; } = timer;
}
