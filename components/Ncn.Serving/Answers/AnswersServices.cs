using Microsoft.Extensions.DependencyInjection;
using Ncn.Serving.Requests;

namespace Ncn.Serving.Answers;

/// <summary>Composes live answers and the forms of answers.</summary>
internal static class AnswersServices
{
    public static IServiceCollection AddNcnAnswers(this IServiceCollection services)
    {
        services.AddOptions<AnswersOptions>().BindConfiguration("Ncn:Gateway:Answers").ValidateDataAnnotations().ValidateOnStart();
        return services.AddSingleton<LiveAnswers>().AddSingleton<AnswerForms>().AddSingleton<EventsEndpoint>().AddSingleton<RequestCancellation>();
    }
}
