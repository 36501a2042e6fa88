// The application that site.template.json and site.assets.json were synthesized from, by
// "npx cdk synth --app 'node app.js'" with aws-cdk-lib 2.276.0.
const fs = require('fs');
const cdk = require('aws-cdk-lib');
const { aws_lambda: lambda, aws_sns: sns, aws_sns_subscriptions: subscriptions, aws_sqs: sqs } = cdk;

const answer = process.env.ANSWER || 'first';
fs.mkdirSync('function', { recursive: true });
fs.writeFileSync('function/index.py', `import os

import boto3


def handler(event, context):
    queue = os.environ["QUEUE_URL"]
    boto3.client("sqs").send_message(QueueUrl=queue, MessageBody=event["word"])
    return "${answer}"
`);

class Site extends cdk.Stack {
  constructor(scope, id) {
    super(scope, id, { analyticsReporting: true });
    const queue = new sqs.Queue(this, 'Words', { visibilityTimeout: cdk.Duration.seconds(0) });
    const topic = new sns.Topic(this, 'News', { displayName: answer });
    topic.addSubscription(new subscriptions.SqsSubscription(queue, { rawMessageDelivery: true }));
    const speaker = new lambda.Function(this, 'Speaker', {
      runtime: lambda.Runtime.PYTHON_3_13,
      handler: 'index.handler',
      code: lambda.Code.fromAsset('function'),
      environment: { QUEUE_URL: queue.queueUrl },
      timeout: cdk.Duration.seconds(30),
    });
    queue.grantSendMessages(speaker);
    new cdk.CfnOutput(this, 'FunctionName', { value: speaker.functionName });
    new cdk.CfnOutput(this, 'QueueUrl', { value: queue.queueUrl });
    new cdk.CfnOutput(this, 'TopicArn', { value: topic.topicArn });
  }
}

new Site(new cdk.App(), 'Site');
