// Made by config/setup/lists.sh; edit that, not this.

/// Bots by a text of their agent, as `KeywordScanner` reads it, then a tab and the name.
///
/// - Source: crawler-user-agents, under this licence:
///
/// The MIT License (MIT)
///
/// Copyright (c) 2017 Martin Monperrus
///
/// Permission is hereby granted, free of charge, to any person obtaining a copy of
/// this software and associated documentation files (the "Software"), to deal in
/// the Software without restriction, including without limitation the rights to
/// use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of
/// the Software, and to permit persons to whom the Software is furnished to do so,
/// subject to the following conditions:
///
/// The above copyright notice and this permission notice shall be included in all
/// copies or substantial portions of the Software.
///
/// THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
/// IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS
/// FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
/// COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER
/// IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN
/// CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
enum BotList {
    static let version = "crawler-user-agents 1.67.0"

    static let text = #"""
        |googlebot/	Googlebot
        |googlebot-mobile|	Googlebot-Mobile
        |googlebot-image|	Googlebot-Image
        |googlebot-news|	Googlebot-News
        |googlebot-video|	Googlebot-Video
        |adsbot-google-mobile|	AdsBot-Google-Mobile
        |feedfetcher-google|	Feedfetcher-Google
        |mediapartners-google|	Mediapartners-Google
        |mediapartners (googlebot)	Mediapartners (Googlebot)
        |apis-google|	APIs-Google
        |google-inspectiontool|	Google-InspectionTool
        |storebot-google|	Storebot-Google
        |googleother|	GoogleOther
        |bingbot|	bingbot
        |slurp|	Slurp
        |wget|	wget
        |linkedinbot|	LinkedInBot
        |python-urllib|	Python-urllib
        |python-requests|	python-requests
        |aiohttp|	aiohttp
        |httpx|	httpx
        |libwww-perl|	libwww-perl
        |httpunit|	httpunit
        |nutch|	Nutch
        |go-http-client|	Go-http-client
        |phpcrawl|	phpcrawl
        |msnbot|	msnbot
        |jyxobot|	jyxobot
        |fast-webcrawler|	FAST-WebCrawler
        |fast enterprise crawler|	FAST Enterprise Crawler
        |biglotron|	BIGLOTRON
        |teoma|	Teoma
        |convera	convera
        ^seekbot	Seekbot
        |gigabot|	Gigabot
        |gigablast	Gigablast
        exabot|	exabot
        |ia_archiver|	ia_archiver
        |gingercrawler|	GingerCrawler
        |webmon 	webmon
        |httrack|	HTTrack
        |grub.org|	grub.org
        |usinenouvellecrawler|	UsineNouvelleCrawler
        |antibot|	antibot
        |netresearchserver|	netresearchserver
        |findlink	findlink
        |msrbot|	msrbot
        |panscient|	panscient
        |yacybot|	yacybot
        |aisearchbot|	AISearchBot
        |ips-agent|	ips-agent
        |tagoobot|	tagoobot
        |mj12bot|	MJ12bot
        |woriobot|	woriobot
        |yanga|	yanga
        |buzzbot|	buzzbot
        |mlbot|	mlbot
        |yandex.com/bots|	yandex.com/bots
        |purebot|	purebot
        |linguee bot|	Linguee Bot
        |cyberpatrol|	CyberPatrol
        |voilabot|	voilabot
        |baiduspider|	Baiduspider
        |citeseerxbot|	citeseerxbot
        |spbot|	spbot
        |twengabot|	twengabot
        |postrank|	postrank
        |turnitin|	Turnitin
        |scribdbot|	scribdbot
        |page2rss|	page2rss
        sitebot|	sitebot
        |linkdex|	linkdex
        |adidxbot|	Adidxbot
        |ezooms|	ezooms
        |dotbot|	dotbot
        |mail.ru_bot|	Mail.RU_Bot
        |discobot|	discobot
        |heritrix|	heritrix
        |findthatfile|	findthatfile
        |europarchive.org|	europarchive.org
        |nerdbynature.bot|	NerdByNature.Bot
        |sistrix crawler|	sistrix crawler
        |ahrefsbot|	ahrefsbot
        |ahrefssiteaudit|	ahrefssiteaudit
        |fuelbot|	fuelbot
        ^crunchbot	CrunchBot
        |indeedbot|	IndeedBot
        |mappydata|	mappydata
        |woobot|	woobot
        |zoominfobot|	ZoominfoBot
        |privacyawarebot|	PrivacyAwareBot
        |multiviewbot|	Multiviewbot
        |swimgbot|	SWIMGBot
        |grobbot|	Grobbot
        |eright|	eright
        |apercite|	Apercite
        |semanticbot|	semanticbot
        |aboundex|	Aboundex
        |domaincrawler|	domaincrawler
        |wbsearchbot|	wbsearchbot
        |summify|	summify
        |ccbot|	CCBot
        |edisterbot|	edisterbot
        |seznambot|	SeznamBot
        |ec2linkfinder|	ec2linkfinder
        |gslfbot|	gslfbot
        |aihitbot|	aiHitBot
        |intelium_bot|	intelium_bot
        |facebookexternalhit|	facebookexternalhit
        |yeti|	Yeti
        |retrevopageanalyzer|	RetrevoPageAnalyzer
        |lb-spider|	lb-spider
        |lssbot|	lssbot
        |careerbot|	careerbot
        |wotbox|	wotbox
        |wocbot|	wocbot
        |ichiro|	ichiro
        |duckduckbot|	DuckDuckBot
        |lssrocketcrawler|	lssrocketcrawler
        |drupact|	drupact
        |webcompanycrawler|	webcompanycrawler
        |acoonbot|	acoonbot
        |openindexspider|	openindexspider
        |gnam gnam spider|	gnam gnam spider
        |web-archive-net.com.bot|	web-archive-net.com.bot
        |backlinkcrawler|	backlinkcrawler
        |integromedb|	integromedb
        |content crawler spider|	content crawler spider
        |toplistbot|	toplistbot
        |it2media-domain-crawler|	it2media-domain-crawler
        |ip-web-crawler.com|	ip-web-crawler.com
        |siteexplorer.info|	siteexplorer.info
        |elisabot|	elisabot
        |proximic|	proximic
        |changedetection|	changedetection
        |arabot|	arabot
        |wesee:search|	WeSEE:Search
        |niki-bot|	niki-bot
        |crystalsemanticsbot|	CrystalSemanticsBot
        |rogerbot|	rogerbot
        |360spider|	360Spider
        |psbot|	psbot
        |interfaxscanbot|	InterfaxScanBot
        |cc metadata scaper|	CC Metadata Scaper
        |g00g1e.net|	g00g1e.net
        |grapeshotcrawler|	GrapeshotCrawler
        |urlappendbot|	urlappendbot
        |brainobot|	brainobot
        |fr-crawler|	fr-crawler
        |binlar|	binlar
        |simplecrawler|	SimpleCrawler
        |twitterbot|	Twitterbot
        |cxensebot|	cXensebot
        |smtbot|	smtbot
        |bnf.fr_bot|	bnf.fr_bot
        |a6-indexer|	A6-Indexer
        |admantx|	ADmantX
        |facebot|	Facebot
        |orangebot/	OrangeBot
        |memorybot|	memorybot
        |advbot|	AdvBot
        |megaindex|	MegaIndex
        |semanticscholarbot|	SemanticScholarBot
        |ltx71|	ltx71
        |nerdybot|	nerdybot
        |xovibot|	xovibot
        |bubing|	BUbiNG
        |qwantify|	Qwantify
        |archive.org_bot|	archive.org_bot
        |applebot|	Applebot
        |tweetmemebot|	TweetmemeBot
        |crawler4j|	crawler4j
        |findxbot|	findxbot
        |semrushbot|	SemrushBot
        |yoozbot|	yoozBot
        |lipperhey|	lipperhey
        |domain re-animator bot|	Domain Re-Animator Bot
        |addthis|	AddThis
        |screaming frog seo spider|	Screaming Frog SEO Spider
        |metauri|	MetaURI
        |scrapy|	Scrapy
        |livelapbot|	Livelapbot
        |openhosebot|	OpenHoseBot
        |capsulechecker|	CapsuleChecker
        |collection@infegy.com|	collection@infegy.com
        |istellabot|	IstellaBot
        |deusu/	DeuSu
        |betabot|	betaBot
        |cliqzbot/	Cliqzbot
        |mojeekbot/	MojeekBot
        |netestate ne crawler|	netEstate NE Crawler
        |safesearch microdata crawler|	SafeSearch microdata crawler
        |gluten free crawler/	Gluten Free Crawler
        |sysomos|	Sysomos
        |deadlinkchecker|	deadlinkchecker
        |slack-imgproxy|	Slack-ImgProxy
        |embedly|	Embedly
        |rankactivelinkbot|	RankActiveLinkBot
        |iskanie|	iskanie
        |safednsbot|	SafeDNSBot
        |skypeuripreview|	SkypeUriPreview
        |veoozbot|	Veoozbot
        |slackbot|	Slackbot
        |redditbot|	redditbot
        |datagnionbot|	datagnionbot
        |google-adwords-instant|	Google-Adwords-Instant
        |adbeat_bot|	adbeat_bot
        |contxbot|	contxbot
        |pinterest.com/bot|	pinterest.com/bot
        |electricmonk|	electricmonk
        |garlikcrawler|	GarlikCrawler
        |bingpreview/	BingPreview
        |vebidoobot|	vebidoobot
        |femtosearchbot|	FemtosearchBot
        |yahoo link preview|	Yahoo Link Preview
        |metajobbot|	MetaJobBot
        |domainstatsbot|	DomainStatsBot
        |mindupbot|	mindUpBot
        |daum/	Daum
        |jugendschutzprogramm-crawler|	Jugendschutzprogramm-Crawler
        |xenu link sleuth|	Xenu Link Sleuth
        |pcore-http|	Pcore-HTTP
        |moatbot|	moatbot
        |kosmiobot|	KosmioBot
        |pingdom	pingdom
        |appinsights|	AppInsights
        |phantomjs|	PhantomJS
        |gowikibot|	Gowikibot
        |piplbot|	PiplBot
        |discordbot|	Discordbot
        |telegrambot|	TelegramBot
        |jetslide|	Jetslide
        |newsharecounts|	newsharecounts
        |james bot|	James BOT
        |barkrowler|	Barkrowler
        |tineye|	TinEye
        |socialrankiobot|	SocialRankIOBot
        |trendictionbot	trendictionbot
        |ocarinabot|	Ocarinabot
        |epicbot|	epicbot
        |primalbot|	Primalbot
        |duckduckgo-favicons-bot|	DuckDuckGo-Favicons-Bot
        |gnowitnewsbot|	GnowitNewsbot
        |leikibot|	Leikibot
        |linkarchiver|	LinkArchiver
        |yak/	YaK
        |paperlibot|	PaperLiBot
        |digg deeper|	Digg Deeper
        ^dcrawl	dcrawl
        |snacktory|	Snacktory
        |anderspinkbot|	AndersPinkBot
        |fyrebot|	Fyrebot
        |everyonesocialbot|	EveryoneSocialBot
        |mediatoolkitbot|	Mediatoolkitbot
        |luminator-robots|	Luminator-robots
        |extlinksbot|	ExtLinksBot
        |surveybot|	SurveyBot
        |ning/	NING
        |nuzzel|	Nuzzel
        |omgili|	omgili
        |pocketparser|	PocketParser
        |yisouspider|	YisouSpider
        |um-ln|	um-LN
        |toutiaospider|	ToutiaoSpider
        |muckrack|	MuckRack
        |jamie's spider|	Jamie's Spider
        |ahc/	AHC
        |netcraftsurveyagent|	NetcraftSurveyAgent
        |laserlikebot|	Laserlikebot
        ^apache-httpclient	Apache-HttpClient
        |appengine-google|	AppEngine-Google
        |upflow|	Upflow
        |thinklab|	Thinklab
        |traackr.com|	Traackr.com
        |twurly|	Twurly
        |http_get|	http_get
        |dnyzbot|	DnyzBot
        |botify|	botify
        |007ac9 crawler|	007ac9 Crawler
        |behloolbot|	BehloolBot
        |brandverity|	BrandVerity
        |check_http|	check_http
        |bdcbot|	BDCbot
        |zumbot|	ZumBot
        |ezid|	EZID
        |icc-crawler|	ICC-Crawler
        |archivebot|	ArchiveBot
        |filterdb.iss.net/crawler|	filterdb.iss.net/crawler
        |blp_bbot|	BLP_bbot
        |bomborabot|	BomboraBot
        |companybook-crawler|	Companybook-Crawler
        |magpie-crawler|	magpie-crawler
        |meltwaternews|	MeltwaterNews
        |moreover|	Moreover
        |newspaper/	newspaper
        |scoutjet|	ScoutJet
        |sentry/	sentry
        |storygizebot|	StorygizeBot
        |uptimerobot|	UptimeRobot
        |outclicksbot|	OutclicksBot
        |seoscanners|	seoscanners
        |google web preview|	Google Web Preview
        |mauibot|	MauiBot
        |alphabot|	AlphaBot
        |sbl-bot|	SBL-BOT
        |ias crawler|	IAS crawler
        |adscanner|	adscanner
        |netvibes|	Netvibes
        |acapbot|	acapbot
        |baidu-yunguance|	Baidu-YunGuanCe
        |bitlybot|	bitlybot
        |blogmurabot|	blogmuraBot
        |bot.araturka.com|	Bot.AraTurka.com
        |bot-pge.chlooe.com|	bot-pge.chlooe.com
        |boxcarbot|	BoxcarBot
        |btwebclient|	BTWebClient
        |contextad bot|	ContextAd Bot
        |digincore bot|	Digincore bot
        |feedly|	Feedly
        |fetch/	Fetch
        |flamingo_searchengine|	Flamingo_SearchEngine
        |flipboardproxy|	FlipboardProxy
        |g2reader-bot|	g2reader-bot
        |g2 web services|	G2 Web Services
        |imrbot|	imrbot
        |k7mlwcbot|	K7MLWCBot
        |kemvibot|	Kemvibot
        |landau-media-spider|	Landau-Media-Spider
        |linkapediabot|	linkapediabot
        |vkshare|	vkShare
        |siteimprove.com|	Siteimprove.com
        |blexbot/	BLEXBot
        |dareboost|	DareBoost
        |zuperlistbot/	ZuperlistBot
        |miniflux/	Miniflux
        |feedspot|	Feedspot
        |diffbot/	Diffbot
        |seokicks|	SEOkicks
        |tracemyfile|	tracemyfile
        |nimbostratus-bot|	Nimbostratus-Bot
        |zgrab|	zgrab
        |pr-cy.ru|	PR-CY.RU
        |adstxtcrawler|	AdsTxtCrawler
        |datafeedwatch|	Datafeedwatch
        |zabbix|	Zabbix
        |tangibleebot|	TangibleeBot
        |google-xrawler|	google-xrawler
        |axios|	axios
        |amazon cloudfront|	Amazon CloudFront
        |pulsepoint 	Pulsepoint
        |cloudflare-alwaysonline|	CloudFlare-AlwaysOnline
        |cloudflare-healthchecks|	Cloudflare-Healthchecks
        |cloudflare-traffic-manager|	Cloudflare-Traffic-Manager
        |cloudflare-prefetch|	CloudFlare-Prefetch
        |cloudflare-ssldetector|	Cloudflare-SSLDetector
        |https://developers.cloudflare.com/security-center/	https://developers.cloudflare.com/security-center
        |google-structured-data-testing-tool|	Google-Structured-Data-Testing-Tool
        |wordupinfosearch|	WordupInfoSearch
        |webdatastats|	WebDataStats
        |zoombot|	ZoomBot
        |velenpublicwebcrawler|	VelenPublicWebCrawler
        |moodlebot|	MoodleBot
        |jpg-newsbot|	jpg-newsbot
        |outbrain|	outbrain
        |w3c_validator|	W3C_Validator
        |validator.nu|	Validator.nu
        |w3c-checklink|	W3C-checklink
        |w3c-mobileok|	W3C-mobileOK
        |w3c_i18n-checker|	W3C_I18n-Checker
        |feedvalidator|	FeedValidator
        |w3c_css_validator|	W3C_CSS_Validator
        |w3c_unicorn|	W3C_Unicorn
        |google-physicalweb|	Google-PhysicalWeb
        |icbot/	ICBot
        |bazqux|	BazQux
        |twingly|	Twingly
        |rivva|	Rivva
        |experibot|	Experibot
        |awesomecrawler|	awesomecrawler
        |dataprovider.com|	Dataprovider.com
        |grouphigh/	GroupHigh
        |theoldreader.com|	theoldreader.com
        |anyevent|	AnyEvent
        |uptimebot.org|	Uptimebot.org
        |nmap scripting engine|	Nmap Scripting Engine
        |2ip.ru|	2ip.ru
        |clickagy|	Clickagy
        |caliperbot|	Caliperbot
        |mbcrawler|	MBCrawler
        |online-webceo-bot|	online-webceo-bot
        |b2b bot|	B2B Bot
        |addsearchbot|	AddSearchBot
        |google favicon|	Google Favicon
        |chrome-lighthouse|	Chrome-Lighthouse
        |headlesschrome|	HeadlessChrome
        |checkmarknetwork/	CheckMarkNetwork
        |www.uptime.com|	www.uptime.com
        |streamline3bot/	Streamline3Bot
        |serpstatbot/	serpstatbot
        |mixnodecache/	MixnodeCache
        ^curl	curl
        |simplescraper|	SimpleScraper
        |rssingbot|	RSSingBot
        |jooblebot|	Jooblebot
        |fedoraplanet|	fedoraplanet
        |tiny tiny rss|	Tiny Tiny RSS
        |regionstuttgartbot|	RegionStuttgartBot
        |bytespider|	Bytespider
        |datanyze|	Datanyze
        |google-site-verification|	Google-Site-Verification
        |trendsmapresolver|	TrendsmapResolver
        |tweetedtimes|	tweetedtimes
        |ntentbot|	NTENTbot
        |gwene|	Gwene
        |simplepie|	SimplePie
        |searchatlas|	SearchAtlas
        |superfeedr|	Superfeedr
        |feedbot|	feedbot
        |ut-dorkbot|	UT-Dorkbot
        |amazonbot|	Amazonbot
        |amazonproductdiscovery|	AmazonProductDiscovery
        |amazonsellerinitiatedlisting|	AmazonSellerInitiatedListing
        |serendeputybot|	SerendeputyBot
        |eyeotabot|	Eyeotabot
        |officestorebot|	officestorebot
        |neticle crawler|	Neticle Crawler
        |surdotlybot|	SurdotlyBot
        |linkisbot|	LinkisBot
        |awariosmartbot|	AwarioSmartBot
        |awariorssbot|	AwarioRssBot
        |rytebot|	RyteBot
        |freewebmonitoring sitechecker|	FreeWebMonitoring SiteChecker
        |aspiegelbot|	AspiegelBot
        |naver blog rssbot|	NAVER Blog Rssbot
        |zenback bot|	zenback bot
        |sentibot|	SentiBot
        |domains project/	Domains Project
        |pandalytics|	Pandalytics
        |vkrobot|	VKRobot
        |bidswitchbot|	bidswitchbot
        |tigerbot|	tigerbot
        |nixstatsbot|	NIXStatsbot
        |atom feed robot|	Atom Feed Robot
        |curebot|	Curebot
        |pagepeeker/	PagePeeker
        |vigil/	Vigil
        |rssbot/	rssbot
        |startmebot/	startmebot
        |jobboersebot|	JobboerseBot
        |seewithkids|	seewithkids
        |ninja bot|	NINJA bot
        |cutbot|	Cutbot
        |bublupbot|	BublupBot
        |brandonbot|	BrandONbot
        |ridderbot|	RidderBot
        |taboolabot|	Taboolabot
        |dubbotbot|	Dubbotbot
        |finditanswersbot|	FindITAnswersbot
        |infoobot|	infoobot
        |refindbot|	Refindbot
        |seobilitybot|	SeobilityBot
        |cincraw|	Cincraw
        |dragonbot|	Dragonbot
        |voluumdsp-content-bot|	VoluumDSP-content-bot
        |freshrss|	FreshRSS
        |bitbot|	BitBot
        ^php-curl-class	PHP-Curl-Class
        |google-certificates-bridge|	Google-Certificates-Bridge
        |centurybot	centurybot
        |e.ventures investment crawler|	e.ventures Investment Crawler
        |evc-batch|	evc-batch
        |petalbot|	PetalBot
        |virustotal	virustotal
        |ptst/	PTST
        |minicrawler|	minicrawler
        |cookiebot|	Cookiebot
        |trovitbot|	trovitBot
        |seostar.co|	seostar.co
        |ioncrawl|	IonCrawl
        |uptime-kuma|	Uptime-Kuma
        |seekport|	Seekport
        |freshpingbot|	FreshpingBot
        |feedbin|	Feedbin
        |criteobot|	CriteoBot
        |snap url preview service|	Snap URL Preview Service
        |better uptime bot|	Better Uptime Bot
        |ruxitsynthetic|	RuxitSynthetic
        |google-read-aloud|	Google-Read-Aloud
        |valve/steam|	Valve/Steam
        |odklbot/	OdklBot
        |gptbot|	GPTBot
        |chatgpt-user|	ChatGPT-User
        |oai-searchbot|	OAI-SearchBot
        |yandexrenderresourcesbot/	YandexRenderResourcesBot
        |lightspeedsystemscrawler|	LightspeedSystemsCrawler
        |ev-crawler/	ev-crawler
        |bitsightbot/	BitSightBot
        |woorankreview/	woorankreview
        |google-safety|	Google-Safety
        |awariobot|	AwarioBot
        |dataforseobot|	DataForSeoBot
        |linespider|	Linespider
        |wellknownbot|	WellKnownBot
        |a patent crawler|	A Patent Crawler
        |stractbot|	StractBot
        |search.marginalia.nu|	search.marginalia.nu
        |youbot|	YouBot
        |nicecrawler|	Nicecrawler
        |neevabot|	Neevabot
        |brightedge crawler|	BrightEdge Crawler
        |sitecheckerbotcrawler|	SiteCheckerBotCrawler
        |tombapublicwebcrawler|	TombaPublicWebCrawler
        |crawlyprojectcrawler|	CrawlyProjectCrawler
        |komodiabot|	KomodiaBot
        |kstandbot|	KStandBot
        |cispa webcrawler|	CISPA Webcrawler
        |mtrobot|	MTRobot
        |hyscore.io|	hyscore.io
        |alexandriaorgbot|	AlexandriaOrgBot
        |2ip bot|	2ip bot
        |yellowbrandprotectionbot|	Yellowbrandprotectionbot
        |seolizer|	SEOlizer
        |vuhuvbot|	vuhuvBot
        |inetdex-bot|	INETDEX-BOT
        |synapse|	Synapse
        |t3versionsbot|	t3versionsBot
        |deepnoc|	deepnoc
        |cocolyzebot|	Cocolyzebot
        |hypestat|	hypestat
        |reverseengineeringbot|	ReverseEngineeringBot
        |sempi.tech|	sempi.tech
        |iframely|	Iframely
        |metainspector|	MetaInspector
        |node-fetch|	node-fetch
        |l9explore|	l9explore
        |python-opengraph|	python-opengraph
        |opengraphcheck|	OpenGraphCheck
        |developers.google.com/+/web/snippet|	developers.google.com/+/web/snippet
        |senutobot|	SenutoBot
        |macocu|	MaCoCu
        |newsblur|	NewsBlur
        |inoreader|	inoreader
        |netsystemsresearch|	NetSystemsResearch
        |pagething|	PageThing
        |wordpress/	WordPress
        |phxbot|	PhxBot
        |imagesiftbot|	ImagesiftBot
        |internetmeasurement|	InternetMeasurement
        ^bw/	BW
        |geedobot|	GeedoBot
        |audisto crawler|	Audisto Crawler
        |perplexitybot/	PerplexityBot
        |claudebot|	claudebot
        |monsidobot|	Monsidobot
        |groupmebot|	GroupMeBot
        |vercelbot|	Vercelbot
        |vercel-screenshot|	vercel-screenshot
        |facebookcatalog/	facebookcatalog
        |meta-externalads/	meta-externalads
        |meta-externalagent/	meta-externalagent
        |meta-externalfetcher/	meta-externalfetcher
        |academicbotrtu|	AcademicBotRTU
        |keybasebot|	KeybaseBot
        |cookiehubscan|	CookieHubScan
        |hydrozen.io|	Hydrozen.io
        |http banner detection|	HTTP Banner Detection
        |summalybot|	SummalyBot
        |microsoftpreview/	MicrosoftPreview
        |geedoproductsearch|	GeedoProductSearch
        |tiktokspider|	TikTokSpider
        |oncrawl/	OnCrawl
        |sindresorhus/got|	sindresorhus/got
        |censysinspect/	CensysInspect
        |sbintuitionsbot/	SBIntuitionsBot
        |sitebulb|	sitebulb
        |yextbot/	YextBot
        |datadogsynthetics|	DatadogSynthetics
        |google-ads-conversions|	Google-Ads-Conversions
        |observepoint|	ObservePoint
        |checkly|	Checkly
        |alittle client|	ALittle Client
        |aliyunsecbot|	AliyunSecBot
        |claude-web|	Claude-Web
        |anthropic-ai|	anthropic-ai
        |claude-user|	Claude-User
        |claude-searchbot|	Claude-SearchBot
        |google-extended|	Google-Extended
        |cohere-ai|	cohere-ai
        |timpibot|	Timpibot
        |serankingbacklinksbot|	SERankingBacklinksBot
        |cmschecker|	CMSChecker
        |playwright|	Playwright
        |puppeteer|	Puppeteer
        |selenium|	Selenium
        |nikto|	Nikto
        |sqlmap|	sqlmap
        |zmeu|	ZmEu
        |masscan|	masscan
        |wpscan|	WPScan
        |acunetix|	acunetix
        |nessus|	Nessus
        |dirbuster|	dirBuster
        |statuscake|	StatusCake
        |colly|	colly
        |mechanize|	mechanize
        |air.ai/scanning|	air.ai/scanning
        |asnriskscorer|	asnriskscorer
        |oicrawler|	OICrawler
        |l9scan|	l9scan
        |slaccalebot|	SlaccaleBot
        |customasynchttpclient|	CustomAsyncHttpClient
        ^httpie/	HTTPie
        |gemini-deep-research|	Gemini-Deep-Research
        |perplexity-user|	Perplexity-User
        |perplexityuser|	PerplexityUser
        |meta-webindexer|	meta-webindexer
        |duckassistbot|	DuckAssistBot
        |mistralai-user|	MistralAI-User
        |webzio|	webzio
        |newsai/	newsai
        ^arenaunfurlbot	ArenaUnfurlBot
        |a360-search|	A360-Search
        |aasa-bot|	AASA-Bot
        |accessstatus|	AccessStatus
        |acquia optimize|	Acquia optimize
        |activecomply|	ActiveComply
        |adkerneltopiccrawler|	AdkernelTopicCrawler
        |alertsite|	AlertSite
        |allafrica|	AllAfrica
        |amazing-searchbot|	Amazing-SearchBot
        |amazon-bedrock-agentcore-browser|	Amazon-Bedrock-AgentCore-Browser
        |amazonbuyforme|	AmazonBuyForMe
        |amzn-searchbot|	Amzn-SearchBot
        |amzn-user|	Amzn-User
        |anchor browser|	Anchor Browser
        |anomura|	Anomura
        |apifybot|	ApifyBot
        |apifywebsitecontentcrawler|	ApifyWebsiteContentCrawler
        |archive-it|	Archive-It
        |atlassian-bot|	atlassian-bot
        |attracta|	Attracta
        |audigentadbot|	AudigentAdBot
        |authory|	Authory
        |automaton|	automaton
        |newsify feed fetcher|	newsify feed fetcher
        |awariorendererbot|	AwarioRendererBot
        |azureai-searchbot|	AzureAI-SearchBot
        |bestchange|	BestChange
        |bigsur.ai|	bigsur.ai
        |bl.uk_lddc_bot|	bl.uk_lddc_bot
        |blingerp|	BlingERP
        |blockaid|	Blockaid
        |bloglines|	Bloglines
        |blogvault|	BlogVault
        |bluesky-domain-status-classifier|	bluesky-domain-status-classifier
        |bne.es_bot|	bne.es_bot
        |brightbot|	Brightbot
        |browserbot-observer|	BrowserBot-Observer
        |bufferlinkpreviewbot|	BufferLinkPreviewBot
        |bugsnag|	Bugsnag
        |buttondown|	Buttondown
        |capitalonebot|	CapitalOneBot
        |certchief|	CertChief
        |channable|	channable
        |channel3bot|	Channel3Bot
        |chirp|	chirp
        |gotosocial|	gotosocial
        |clickuplinkunfurler|	ClickUpLinkUnfurler
        |cloudflare-autorag|	Cloudflare-AutoRAG
        |cloudflare-custom-hostname-verification|	Cloudflare-Custom-Hostname-Verification
        |cloudflare-stream-webhook|	Cloudflare-Stream-Webhook
        |cloudflareradarurlscanner|	CloudflareRadarURLScanner
        |cloudtrellis|	Cloudtrellis
        |cludo|	cludo
        |collapsify|	Collapsify
        |convermax|	Convermax
        |cookie-maestro|	cookie-maestro
        |cookiehubverify|	CookieHubVerify
        |cookieyesbot|	CookieYesbot
        |crazy egg|	Crazy Egg
        |cypex.ai/scanning|	cypex.ai/scanning
        |deepcrawl|	DeepCrawl
        |digicert dcv|	DigiCert DCV
        |dlvr.it|	dlvr.it
        |dotcom-monitor|	Dotcom-Monitor
        |drataautopilot|	DrataAutopilot
        |dreamhost data team|	DreamHost Data Team
         dvbot|	DVbot
        |ecovadissustainabilitybot|	EcoVadisSustainabilityBot
        |elmah.io uptime monitoring|	elmah.io Uptime Monitoring
        |evernoterichlinkbot|	EvernoteRichLinkBot
        |ezlynx|	EzLynx
        |ezoicbot|	EzoicBot
        |facebookbot|	FacebookBot
        |fastdast|	FastDAST
        |feeder /	Feeder
        |feedflow|	FeedFlow
        |findfiles.net|	FindFiles.net
        |firecrawlagent|	FirecrawlAgent
        |fyndsearchengine-crawler|	FyndSearchEngine-Crawler
        |fyndsearchengine-recrawler|	FyndSearchEngine-ReCrawler
        |google trust services|	Google Trust Services
        |google-agent|	Google-Agent
        |google-gemini-cli|	Google-Gemini-CLI
        |google-notebooklm|	Google-NotebookLM
        |googleagent-mariner|	GoogleAgent-Mariner
        |greppr web crawler|	Greppr Web Crawler
        |hardenize|	Hardenize
        |honeybadgerbot|	HoneybadgerBot
        |iboubot|	IbouBot
        |imagespider|	imageSpider
        |innologica|	Innologica
        |kagi-fetcher|	kagi-fetcher
        |kangaroo bot|	Kangaroo Bot
        |known agent	Known Agent
        |krawlerbot|	KrawlerBot
        |laion-huggingface-processor|	laion-huggingface-processor
        |linkcheckerbot|	LinkCheckerBot
        |linkupbot|	LinkupBot
        |lmarenaunfurlbot|	LMArenaUnfurlBot
        |lyonl-asset-proxy|	lyonl-asset-proxy
        |lyonl-crawler|	lyonl-crawler
        |magibot|	MagiBot
        |magpierss|	MagpieRSS
        |manus-user|	Manus-User
        |mcontextualbot|	McontextualBot
        |mediumbot-metatagfetcher|	Mediumbot-MetaTagFetcher
        |mixrankbot|	MixrankBot
        |modernizebot|	ModernizeBot
        |montasticmonitor|	MontasticMonitor
        |nanointeractive|	NanoInteractive
        |nestdaddybot|	NestDaddybot
        |netcraft ssl server survey|	Netcraft SSL Server Survey
        |netcraft web server survey|	Netcraft Web Server Survey
        |netseer crawler|	NetSeer crawler
        |netumo|	netumo
        |newrelicsynthetics|	NewRelicSynthetics
        |newsroom.bi|	NewsRoom.BI
        |nitrobot|	NitroBot
        |noibu|	Noibu
        |nostocrawlerbot|	NostoCrawlerBot
        |onetrust|	OneTrust
        |opencode-smartfetch|	opencode-smartfetch
        ;owler|	Owler
        |parselysharesbot|	ParselySharesBot
        |phindbot|	PhindBot
        |podchaserparser|	PodchaserParser
        |poggio-citations|	Poggio-Citations
        |productsup.io/crawler|	productsup.io/crawler
        |qcbot|	qcbot
        |qualys|	Qualys
        |quora-bot|	Quora-Bot
        |qwantbot|	Qwantbot
        |qwarrybot|	Qwarrybot
        |rsiteauditor|	RSiteAuditor
        |rss.social|	RSS.Social
        |scope3|	Scope3
        |scraping@nytimes.com|	scraping@nytimes.com
        |scrubby|	Scrubby
        |scrunchbot|	Scrunchbot
        |seo4ajax.com|	seo4ajax.com
        |sequelwp|	SequelWP
        |serverdensity|	ServerDensity
        |shapbot|	ShapBot
        |shortpixel|	ShortPixel
        |silktide|	Silktide
        |sitelock|	SiteLock
        |smarshbot|	SmarshBot
        |smtnetpmbot|	SMTnetPMBot
        |software-security-research|	Software-Security-Research
        |sottopopnone|	SottopopNone
        |splunk|	Splunk
        |statusnestbacklinkspider|	StatusNestBacklinkSpider
        |stepstonecrawlbot|	stepstoneCrawlBot
        |tavilybot|	TavilyBot
        |thousandeyes|	ThousandEyes
        |twinagent|	TwinAgent
        |uipbot|	uipbot
        |um-fc|	um-FC
        |um-ic|	um-IC
        |uptimestatistics|	UptimeStatistics
        |verispider|	Verispider
        |visionheight.com/scan|	visionheight.com/scan
        |watchbot monitoring robot|	Watchbot monitoring robot
        |weborama-fetcher|	weborama-fetcher
        |webspidermount|	webspidermount
        |wepchsearchengine|	WepchSearchEngine
        |wknd-bot|	wknd-bot
        |wpmu dev hub|	WPMU DEV Hub
        |wtotem|	WTotem
        |xovionpagecrawler|	XoviOnpageCrawler
        |yelpspider|	yelpspider
        |zanistabot|	ZanistaBot
        |zoominfo-	ZoomInfo-
        |7siters|	7Siters
        |accessible web bot|	Accessible Web Bot
        |atvowbot|	AtVowBot
        |bibliotheque nacional de france crawler|	Bibliotheque Nacional de France Crawler
        |bling erp|	Bling ERP
        |cdscbot|	CDSCbot
        |critical css bot|	Critical CSS Bot
        |cybaabot|	CybaaBot
        |cyberfindcrawler|	CyberFindCrawler
        |dark visitor|	Dark Visitor
        |determ|	Determ
        |dnsscanner|	DNSScanner
        |drupalbot|	Drupalbot
        |emoney advisor|	eMoney Advisor
        |everyfeed-spider|	everyfeed-spider
        |extecontextcrawl|	ExteContextCrawl
        |fedidb|	FediDB
        |fediindex|	FediIndex
        |fedilist agent|	FediList Agent
        |fedineko|	Fedineko
        |fedreporter bot for ffiec|	FedReporter Bot for FFIEC
        |feedsearch bot|	Feedsearch Bot
        |feedsearch-crawler|	Feedsearch-Crawler
        |fiperbot|	fiperbot
        |fleebsbot|	FleebsBot
        |flyriverbot|	Flyriverbot
        |freshbot|	Freshbot
        |gaisbot|	Gaisbot
        |genomecrawlerd|	GenomeCrawlerd
        |halobot|	HaloBot
        |irlbot|	IRLbot
        |kaikki.org-digital-archive|	kaikki.org-digital-archive
        |kb.dk_bot|	kb.dk_bot
        |library of congress web archiving|	Library Of Congress Web Archiving
        |magnetmebot|	MagnetmeBot
        |matchorysearch|	MatchorySearch
        |minoru's fediverse crawler|	Minoru's Fediverse Crawler
        |mirrorwebcrawler|	MirrorWebCrawler
        |mithril-crawler|	mithril-crawler
        |modatscanner|	ModatScanner
        |napbot|	NapBot
        |new york times newsgathering|	New York Times Newsgathering
        |nlux_iaharvester|	NLUX_IAHarvester
        |noahbot|	NoahBot
        |plagawarebot|	PlagAwareBot
        |rakuten image extraction bot|	Rakuten Image extraction bot
        |researchbot|	ResearchBot
        |rss-is-dead.lol web bot|	rss-is-dead.lol web bot
        |seolyt|	seoLyt
        |sirdatabot|	SirdataBot
        |sitesoverpagesbot|	SitesOverPagesBot
        |sleepbot|	SleepBot
        |sosospider|	Sosospider
        |termly|	Termly
        |tls tester|	TLS tester
        |trafilatura|	trafilatura
        |urlbeebot|	UrlBeeBot
        |videootv bot|	videootv Bot
        |vmcrawl|	vmcrawl
        |wadoobot|	WadooBot
        |website-info.net-robot|	Website-info.net-Robot
        |webzip|	WebZIP
        |wikido|	WikiDo
        |wovn crawler|	WOVN Crawler
        |youdaobot|	YoudaoBot
        |zyborg|	ZyBorg
        |aranet-searchbot|	Aranet-SearchBot
        |crawl4ai|	crawl4ai
        |deepseekbot|	DeepSeekBot
        |iaskspider|	iaskspider
        |kunatocrawler|	KunatoCrawler
        |terracotta|	TerraCotta
        |abevalbot|	ABEvalBot
        |blekkobot|	blekkobot
        |br-crawler|	br-crawler
        |buddybot|	BuddyBot
        |capterrabot|	CapterraBot
        |carbon-umbrella-bot|	carbon-umbrella-bot
        |caveman-hunter|	caveman-hunter
        |centro ads.txt crawler|	Centro Ads.txt Crawler
        |wisebot|	WISEbot
        |codabot|	CodaBot
        |corporama matcher|	Corporama matcher
        |cyotekwebcopy|	CyotekWebCopy
        |datadog agent|	Datadog Agent
        |dazzle bluesky bot|	Dazzle BlueSky Bot
        |dominicbot|	DominicBot
        |dow jones searchbot|	Dow Jones Searchbot
        |download ninja|	Download Ninja
        |emailwolf|	EmailWolf
        |fedistatscrawler|	fedistatsCrawler
        |goparserbot|	GoParserBot
        |gsa-crawler|	gsa-crawler
        |hanaleibot|	HanaleiBot
        |nicheindex|	NicheIndex
        |headonlyscraper	HeadOnlyScraper
        |henkbot|	HenkBot
        |impact.com agent|	Impact.com Agent
        |keydrop.io|	Keydrop.io
        |larbin|	larbin
        |sentinel-linkcheck|	SENTINEL-LinkCheck
        |linkpadbot|	LinkpadBot
        |lwp-trivial|	lwp-trivial
        |magus bot|	Magus Bot
        |naverbot|	NaverBot
        |loopimprovements.com|	loopimprovements.com
        |opentheboxbot|	OpenTheBoxBot
        |owler-w|	OWLer-W
        |peer39_crawler|	peer39_crawler
        |pixalate.com|	Pixalate.com
        |poduptime|	Poduptime
        |pomothy-bot|	Pomothy-Bot
        |pulsepoint-crawler|	PulsePoint-Crawler
        |rawweb-bot|	rawweb-bot
        |semantic-visions|	semantic-visions
        |sindup|	Sindup
        |sitesucker|	SiteSucker
        |springservebot|	SpringserveBot
        |sqwatcher|	SQWatcher
        |supabase paired crawler|	Supabase Paired Crawler
        |sv-watchagent|	sv-watchagent
        |swiftbot|	Swiftbot
        |synthesibot|	SynthesiBot
        |taragroup intelligent bot|	TaraGroup Intelligent Bot
        |thinkbot|	Thinkbot
        |tsmbot|	TSMbot
        |tsm-turingos|	TSM-turingos
        |ugaresearchagent|	UGAResearchAgent
        |urlsuma.de crawler|	UrlSuMa.de crawler
        |wanscannerbot|	WanscannerBot
        |webcapture|	WebCapture
        |webcopier|	WebCopier
        |cognitiveseo.com|	cognitiveseo.com
        |xing bot|	Xing Bot
        |xml sitemaps generator|	XML Sitemaps Generator
        |yandorirssbot|	YandoriRSSBot
        |zealbot|	Zealbot
        |008/	008
        |monitoring360bot/	monitoring360bot
        |adagiobot|	AdagioBot
        |adbeat.com|	adbeat.com
        |adminlabs|	AdminLabs
        |advanced_crawler|	advanced_crawler
        |agakidsbot|	AGAKIDSBOT
        |agencyanalyticsbot|	AgencyAnalyticsBot
        |ai2bot|	AI2Bot
        |akismetbot|	AkismetBot
        |alexa site audit|	alexa site audit
        |algolia crawler|	Algolia Crawler
        |alienfarm|	alienfarm
        |allorigins|	allOrigins
        |amazonadbot|	AmazonAdBot
        |kendrabot|	KendraBot
        |appsiteassociation|	AppSiteAssociation
        |aragog/	Aragog
        |aranea|	Aranea
        |archivebox|	ArchiveBox
        |arquivobot|	ArquivoBot
        |arquivo-web-crawler|	Arquivo-web-crawler
        |artemisbot|	ArtemisBot
        |audistobot|	AudistoBot
        |autoconfig test from ustc|	Autoconfig Test from USTC
        |tracking-quality-spider|	tracking-quality-spider
        |bad neighborhood header detector|	Bad Neighborhood Header Detector
        |baiduadsbot|	BaiduAdsBot
        |bdbot/	BDBot
        |beeperbot|	BeeperBot
        |betteruptimebot|	BetterUptimeBot
        |bnfbot|	BnFBot
        |bigupdatabot|	BigUpDataBot
        |binarycanary|	BinaryCanary
        |bitbucket-webhooks|	Bitbucket-Webhooks
        |bl.uk_ldfc_bot|	bl.uk_ldfc_bot
        |blackduck-fd|	BlackDuck-FD
        |blogtrottr|	Blogtrottr
        |blueskypreviewbot|	BlueskyPreviewBot
        |boardgamepricesbot|	BoardGamePricesBot
        |botpoke|	BotPoke
        |bdfetch|	BDFetch
        |brandwatch|	Brandwatch
        |bravebot|	BraveBot
        |brokenlinkcheck.com|	brokenlinkcheck.com
        |bushbaby|	Bushbaby
        |rss-parser|	rss-parser
        |caliberbot|	CaliberBot
        |capitaloneshopping|	CapitalOneShopping
        |catchpoint|	Catchpoint
        |centuryb.o.t9|	centuryb.o.t9
        |cert pl|	CERT PL
        |certytags|	certytags
        |chargebeebot|	ChargeBeeBot
        |charlotte|	Charlotte
        |chatglm-spider|	ChatGLM-Spider
        |chatwork linkpreview|	Chatwork LinkPreview
        |checkhost|	CheckHost
        |goodzer|	Goodzer
        |chrome privacy preserving prefetch proxy|	Chrome Privacy Preserving Prefetch Proxy
        |cirrusexplorer|	CirrusExplorer
        |classla-web|	CLASSLA-web
        |clearscopebot|	Clearscopebot
        |worldbot|	WorldBot
        |cloudflare-validator|	Cloudflare-Validator
        |cloudflare-csup|	cloudflare-csup
        |cloudflare-custom-error-page-crawler|	Cloudflare-Custom-Error-Page-Crawler
        |cloudflare-radar-scanner|	Cloudflare-Radar-Scanner
        |cloudflare-speedtest|	Cloudflare-SpeedTest
        |cloudflare-stream-hook|	Cloudflare-Stream-Hook
        |cognitiveseo bot|	cognitiveSEO Bot
        |cohere-training-data-crawler|	cohere-training-data-crawler
        |commafeed|	CommaFeed
        |researchscan.comsys.rwth-aachen.de|	researchscan.comsys.rwth-aachen.de
        |contentkingapp|	contentkingapp
        |cookiehub bot|	CookieHub Bot
        |cotoyogi|	Cotoyogi
        |coveobot|	Coveobot
        |crawlson|	Crawlson
        |repolookoutbot|	RepoLookoutBot
        |criticalcss.com|	Criticalcss.com
        |cron-job.org|	cron-job.org
        |dnbcrawler|	DnBCrawler
        |dmbrowser|	DMBrowser
        |domcopbot|	DomCopBot
        |downnotifier.com|	downnotifier.com
        |downtimedetector/	DowntimeDetector
        |dlc/	Dlc
        |dratabot|	Dratabot
        |easybib autocite|	EasyBib AutoCite
        |easybill-importmanager|	easybill-ImportManager
        |easycron/	EasyCron
        |easydns monitoring|	easyDNS Monitoring
        |echoboxbot/	EchoboxBot
        |cronless|	Cronless
        |crusty/	crusty
        |csirt.cz|	csirt.cz
        |cxk_bot|	CXK_Bot
        |daumoa|	daumoa
        |daspeedbot|	DaspeedBot
        |dead link checker|	Dead Link Checker
        |deskyobot|	Deskyobot
        |detectify|	Detectify
        |devin|	Devin
        |df bot|	DF Bot
        |dingtalkbot-linkservice|	DingTalkBot-LinkService
        |discourse forum onebox|	Discourse Forum Onebox
        |dmbot|	Dmbot
        |sustainabilitycrawler|	SustainabilityCrawler
        |edansbot|	edansbot
        |edgewatch|	EdgeWatch
        |do not track verifier|	Do Not Track Verifier
        |elmahio-uptimebot|	elmahio-uptimebot
        |emoneybot|	eMoneyBot
        |epivozcrawler|	EpivozCrawler
        |erepublik.tools|	eRepublik.tools
        |evouptimebot|	EvoUptimeBot
        |exodusmovement|	ExodusMovement
        |ezgif|	Ezgif
        |factset_spyderbot|	factset_spyderbot
        |fastmailua|	FastmailUA
        |fdl stats bot|	FDL Stats Bot
        |fedicabot|	Fedicabot
        |fedreporterdatabot|	FedReporterDataBot
        |feed image audit|	Feed Image Audit
        |feedburner|	FeedBurner
        |feeder.co|	feeder.co
        |feedpresso content index bot|	Feedpresso Content Index Bot
        |feedwind|	Feedwind
        |fidget-spinner-bot|	fidget-spinner-bot
        |firmograph|	FirmoGraph
        |flipboardrss|	FlipboardRSS
        |foregenix|	Foregenix
        |friendly testing bot|	Friendly testing bot
        |friendly-spider|	friendly-spider
        |friendlycrawler/	FriendlyCrawler
        |fullstorybot/	FullStoryBot
        |funnelback|	Funnelback
        |fuseonbot/	FuseonBot
        |gabanzabot/	Gabanzabot
        |gdnplus.com|	gdnplus.com
        |getthit.com|	getthit.com
        |gg peekbot|	GG PeekBot
        |ghost inspector|	Ghost Inspector
        |github-camo|	github-camo
        |globalwebsearch	GlobalWebSearch
        |golfe/	Golfe
        |google-apps-script|	Google-Apps-Script
        |googlestackdrivermonitoring|	GoogleStackdriverMonitoring
        |googleassociationservice/	GoogleAssociationService
        |googleimageproxy|	GoogleImageProxy
        |googleproducer|	GoogleProducer
        |googlebot-ia/	Googlebot-IA
        |google-trust-services/	Google-Trust-Services
        |google-area120|	Google-Area120
        |google-cloudvertexbot|	Google-CloudVertexBot
        |googledocs|	GoogleDocs
        |gopay|	GoPay
        |gotsitemonitor.com|	GotSiteMonitor.com
        |synthetic-monitoring-agent/	synthetic-monitoring-agent
        |grammarly/	Grammarly
        |gregcrawler|	gregcrawler
        |groovinaadsbot/	GroovinaAdsbot
        |grover/	Grover
        |gtmetrix|	GTmetrix
        |guestpostsbot/	GuestpostsBot
        |gulper web bot|	Gulper Web Bot
        |verity/	Verity
        |happywing|	HappyWing
        |harsilbot/	harsilbot
        |hawaiibot|	HawaiiBot
        |hcardvalidator|	hCardValidator
        |hello world|	Hello World
        |helloworkjobpostingbot/	HelloworkJobPostingBot
        |hetrixtools|	HetrixTools
        |hifibot/	HIFIBot
        |hlidam.to robot|	Hlidam.to robot
        |honeybadger uptime check|	Honeybadger Uptime Check
        |hosttracker/	HostTracker
        |hotjar|	Hotjar
        |hstspreload-bot|	hstspreload-bot
        |huckabot/	Huckabot
        |hype machine/	Hype Machine
        |web screen service by hyperhost|	Web Screen Service By hyperhost
        |adsbot-iab|	AdsBot-IAB
        |iaskbot/	iAskBot
        |ibm crawler|	IBM Crawler
        |ifttt/	IFTTT
        |imagefetcher/	ImageFetcher
        |imagemind|	ImageMind
        |img2dataset|	img2dataset
        |imgproxy/	imgproxy
        |impendoom-bot/	impendoom-bot
        |indeedjobbot|	IndeedJobBot
        |innguma/	Innguma
        |integromat/	Integromat
        |intelx.io_bot|	intelx.io_bot
        |internetvista monitor|	internetVista monitor
        |irokez.cz monitoring|	Irokez.cz monitoring
        |isdownbot/	IsDownBot
        |isscyberriskcrawler/	ISSCyberRiskCrawler
        |iubenda-radar/	iubenda-radar
        |uptimebot/	UptimeBot
        |jetmon/	jetmon
        |jobswithgptcom-bot|	jobswithgptcom-bot
        |jumio|	Jumio
        |kagibot/	Kagibot
        |kangaroobot/	KangarooBot
        |kargobot-artemis|	KargoBot-Artemis
        |kazbtbot/	kazbtbot
        |keycdn-tools/	keycdn-tools
        |keys-so-bot|	keys-so-bot
        |kinsta-bot|	kinsta-bot
        |klaviyo/	Klaviyo
        |kukei.eu-bot/	Kukei.eu-Bot
        |lac_iaharvester|	LAC_IAHarvester
        |lastmodbot/	LastModBot
        |legalmonster|	LegalMonster
        |let's encrypt|	Let's Encrypt
        |level9searchbot/	Level9SearchBot
        |loc.gov/programs/web-archiving|	loc.gov/programs/web-archiving
        |linerbot/	LinerBot
        |linktiger|	LinkTiger
        |linkace/	LinkAce
        |linksindexerbot/	LinksIndexerBot
        |linkwalker/	LinkWalker
        |logicmonitor|	LogicMonitor
        |loomlybot|	LoomlyBot
        |macrobondbot|	Macrobondbot
        |madbbot/	MADBbot
        |magellan|	Magellan
        |magicsearchdev/	magicsearchdev
        |magnet.me-web/	Magnet.me-web
        |mainwp/	MainWP
        |make/	Make
        |managewp|	ManageWP
        |marketgoo/	MarketGoo
        |marketingminer|	MarketingMiner
        |dbot)	dbot)
        |mattermost-bot/	Mattermost-Bot
        |mavifinds|	Mavifinds
        |mb-linkchecker|	MB-LinkChecker
        |medialogiabot|	MedialogiaBot
        |mediamonitoringbot/	MediaMonitoringBot
        |mediavinemetadataparser/	MediavineMetadataParser
        |pywikibot/	Pywikibot
        |centcombot/	CentComBot
        |mergadobot|	MergadoBot
        |meta-externalhit/	Meta-ExternalHit
        |metorik|	Metorik
        |mgidbot|	MgidBot
        |miniature.io/	Miniature.io
        |mirrorweb.com|	mirrorweb.com
        |missinglettrbot/	MissinglettrBot
        |crawler_eb_germany|	crawler_eb_germany
        |modularconnector/	ModularConnector
        |mollie http client|	Mollie HTTP client
        |monibot|	Monibot
        |monitis -	monitis -
        |monitorss/	MonitoRSS
        |monspark/	MonSpark
        |montastic-monitor|	montastic-monitor
        |montools.com|	MonTools.com
        |motominerbot/	MotoMinerBot
        |mrgbot/	MRGbot
        |mxtoolbox|	MxToolbox
        |my-tiny-bot|	my-tiny-bot
        |mybot/	MyBot
        |nbertaupete95|	nbertaupete95
        |netapi|	NetAPI
        |netpeakcheckerbot/	NetpeakCheckerBot
        |netshelter contentscan|	NetShelter ContentScan
        |netvigie|	NETVIGIE
        |newrelicbot/	NewRelicbot
        |nyt_scraping|	nyt_scraping
        |newsnow/	NewsNow
        |nlnz_iaharvester	NLNZ_IAHarvester
        |nodeping|	NodePing
        |nomore404.com robot|	nomore404.com robot
        |noorobot|	noorobot
        |nooshub/	Nooshub
        |notabot|	Notabot
        |novaact/	Novaact
        |novellum|	Novellum
        |nstoolsbot/	NsToolsBot
        |nvdorz|	nvdorz
        |odin;	Odin
        |offline explorer|	Offline Explorer
        |ohdear/	OhDear
        |omnisend/	Omnisend
        |online domain tools|	Online Domain Tools
        |webceo online/	WebCEO Online
        |onlineornot.com_bot|	OnlineOrNot.com_bot
        |opengraph.io/	OpenGraph.io
        |openrss|	OpenRSS
        |openvas|	OpenVAS
        |owler (ows.eu|	Owler (ows.eu
        |operator/	Operator
        |orbbot/	Orbbot
        |zebra-v2-bot|	zebra-v2-bot
        |orlo-linkpreview/	Orlo-LinkPreview
        |cozi-icalendar-feedreader|	Cozi-iCalendar-FeedReader
        |outsellurlvalidator|	OutsellURLValidator
        |overcast/	Overcast
        |prtgcloudbot/	PRTGCloudBot
        |pagespeed/	Pagespeed
        |pangubot|	PanguBot
        |panopta|	Panopta
        |paqlebot/	Paqlebot
        |parse.ly scraper/	parse.ly scraper
        |paypal/	PayPal
        |pdf24 url to pdf|	PDF24 URL To PDF
        |pingadmin.ru/	PingAdmin.Ru
        |pingping.io/	pingping.io
        |playstore-google|	PlayStore-Google
        |plesk screenshot bot|	Plesk screenshot bot
        |pocketcasts/	PocketCasts
        |potions/	Potions
        |pressenginebot|	PressEngineBot
        |pricedroneshoppingbot/	PricedroneShoppingBot
        |priecobot/	PriEcoBot
        |printfriendly.com|	PrintFriendly.com
        |pro-sitemaps/	Pro-Sitemaps
        |probelyspdr/	ProbelySPDR
        |projectshield-urlcheck|	ProjectShield-UrlCheck
        |blackbox exporter/	Blackbox Exporter
        |protopage/	Protopage
        |ps_daily/	PS_Daily
        |pulsetic.com|	pulsetic.com
        |pwabuilderhttpagent|	PWABuilderHttpAgent
        |qualifiedbot/	QualifiedBot
        |quantcastbot/	Quantcastbot
        |rackspace monitoring/	Rackspace Monitoring
        |rakutenusabot-image/	rakutenusabot-image
        |top100.rambler.ru crawler|	top100.rambler.ru crawler
        |rankurbot/	RankurBot
        |ravencrawler/	RavenCrawler
        |readable/	Readable
        |recurly webhooks/	Recurly Webhooks
        |red/	RED
        |reelevant/	Reelevant
        |remove.bg/	remove.bg
        |retool/	Retool
        |retrolistecom/	RetroListeCOM
        |revvimgort/	RevvimGort
        |reward-gateway|	reward-gateway
        |riddler (http://riddler.io|	Riddler (http://riddler.io
        |robotschecker/	RobotsChecker
        |rssapi/	RSSAPI
        |rss2tg|	rss2tg
        |rssreaderbot|	RssReaderBot
        |s4a-probe-bot/	s4a-probe-bot
        |sfdc-callout/	SFDC-Callout
        |page-preview-tool|	page-preview-tool
        |sandobacrawler/	SandobaCrawler
        |sansec security monitor/	Sansec Security Monitor
        |giftedvisitor scan|	GIFTEDVISITOR SCAN
        |schema-markup-validator|	Schema-Markup-Validator
        |scoop.it/	Scoop.it
        |scourrssbot/	ScourRSSBot
        |scrapeherobot/	ScrapeheroBot
        |screeenly-bot|	screeenly-bot
        |sebot-wa|	SEBot-WA
        |searcherweb|	Searcherweb
        |searcherxweb|	Searcherxweb
        |searchexpress|	SearchExpress
        |securityheaders|	SecurityHeaders
        |semaltbot/	semaltbot
        |sendgrid event api|	SendGrid Event API
        |sentryuptimebot/	SentryUptimeBot
        |seo-audit-check-bot/	seo-audit-check-bot
        |s4a/	s4a
        |claritybot/	ClarityBot
        |seositecheckup|	SeoSiteCheckup
        |seoulbot|	SeoulBot
        |serptimizerbot|	SERPtimizerBot
        |server density service monitoring|	Server Density Service Monitoring
        |serverhunterspider/	ServerHunterSpider
        |seznamhomepagecrawler/	SeznamHomepageCrawler
        |shopify-captain-hook|	Shopify-Captain-Hook
        |shortwave image fetcher|	Shortwave Image Fetcher
        |linkreader/	linkReader
        |sidetrade indexer bot|	Sidetrade indexer bot
        |sincerasyntheticuser/	SinceraSyntheticUser
        |optimizer)	Optimizer)
        |site24x7|	Site24x7
        |siteauditbot/	SiteAuditBot
        |sitecheck-sitecrawl|	SiteCheck-sitecrawl
        |sitescorebot|	SiteScoreBot
        |sitesearch360/	SiteSearch360
        |siteuptime.com|	SiteUptime.com
        |konturbot/	Konturbot
        |skroutzbot|	SkroutzBot
        |skyworkspider|	SkyworkSpider
        |slickbot/	SlickBot
        |smartologybot/	SmartologyBot
        |snapurlpreview/	SnapURLPreview
        |snapchatads/	SnapchatAds
        |snipcart/	Snipcart
        |solarwinds/	solarwinds
        |sora pos/	Sora POS
        |sparkshipping|	SparkShipping
        |sparkpost|	SparkPost
        |spawning-ai|	Spawning-AI
        |idg/eu|	IDG/EU
        |specificfeeds|	Specificfeeds
        |spectate/	Spectate
        |spiderling|	SpiderLing
        |splash version/	splash Version
        |rigor)	Rigor)
        |twinwavescanner|	TwinWaveScanner
        |ssl labs (https://www.ssllabs.com|	SSL Labs (https://www.ssllabs.com
        |ssssbot/	SSSSBot
        |stape/	Stape
        |startpageprivateimageproxy/	StartpagePrivateImageProxy
        |statabot/	Statabot
        |statistikaustria/	StatistikAustria
        |statsdronebot|	StatsDroneBot
        |stripe/	Stripe
        |sucuri|	Sucuri
        |svix-webhooks/	Svix-Webhooks
        |swifteqlinkchecker|	SwifteqLinkChecker
        |swisscows|	Swisscows
        |datadog synthetic|	Datadog Synthetic
        |tactiscout/	TactiScout
        |tchelebi/	tchelebi
        |bitdiscovery|	bitdiscovery
        |test certificate info|	Test Certificate Info
        |testcrawler|	Testcrawler
        |test-bot|	test-bot
        |testlocally/	TestLocally
        |testuri|	TestURI
        |textrazor|	TextRazor
        |the knowledge ai|	The Knowledge AI
        |theinternetsearchx|	TheInternetSearchx
        |thesis-research-bot|	thesis-research-bot
        |trellis-services|	Trellis-Services
        |trentwil.es|	trentwil.es
        |trustly/	Trustly
        |ttd-content|	TTD-Content
        |tweakers|	Tweakers
        |twilioproxy/	TwilioProxy
        |uaslinkchecker/	UASlinkChecker
        |hgfalphaxcrawl/	hgfAlphaXCrawl
        |unshorten.it!	Unshorten.It!
        |updown.io|	updown.io
        |uptime/	Uptime
        |uptimedoctor|	uptimedoctor
        |uptimia|	Uptimia
        |uptrends|	uptrends
        |urlcheckr/	Urlcheckr
        |urlsumabot|	URLSuMaBot
        |useebookchecker/	useeBookChecker
        |vagabondo/	Vagabondo
        |vaultpress|	VaultPress
        |videootvbot|	videootvBot
        |vsusearchspider/	VsuSearchSpider
        |vu-server-health-scanner/	vu-server-health-scanner
        |wardbot/	WARDBot
        |websiteops|	WebsiteOps
        |watchmouse|	WatchMouse
        |web measure/	Web Measure
        |webflow|	Webflow
        |webgains-bot|	webgains-bot
        |webprosbot/	webprosbot
        |websitepulse|	websitepulse
        |websniffer/	WebSniffer
        |wsm/	WSM
        |webwikibot/	WebwikiBot
        |wedos online|	WEDOS OnLine
        |whatsmyip.org|	WhatsMyIP.org
        |whatweb/	WhatWeb
        |wheregoes.com|	Wheregoes.com
        |wheresitup.com/	wheresitup.com
        |citoid|	Citoid
        |wirereaderbot/	WireReaderBot
        |zoterotranslationserver/wmf|	ZoteroTranslationServer/WMF
        |wmtips.com/	wmtips.com
        |wordcountbot/	WordCountBot
        |wordup-1|	Wordup-1
        |workona-favicon-service/	workona-favicon-service
        |indy library|	Indy Library
        |wjhro/	WJHRO
        |wormlybot|	WormlyBot
        |wovncrawler/	WovnCrawler
        |wowlink crawler/	wowLink Crawler
        |wp time capsule|	WP Time Capsule
        |wpumbrella|	WPUmbrella
        |wpbot/	wpbot
        |wpmu dev broken link checker|	WPMU DEV Broken Link Checker
        |wpmudev uptime monitor|	WPMUDEV Uptime Monitor
        |wpsec/	WPSec
        |wrtnbot|	WRTNBot
        |abuse.xmco.fr|	abuse.xmco.fr
        |xy-archive-compliance|	XY-Archive-Compliance
        |yahoo ad monitoring|	Yahoo Ad monitoring
        |yahoomailproxy|	YahooMailProxy
        |yahoocachesystem|	YahooCacheSystem
        |ylt chrome|	YLT Chrome
        |yokoygroupag/	YokoyGroupAG
        |yuuperbot|	Yuuperbot
        |zapier|	Zapier
        |zendesk webhook|	Zendesk Webhook
        |zombiebot/	Zombiebot
        |zzhbot|	zzhbot
        |penthouse critical path css generator|	Penthouse Critical Path CSS Generator
        |google-adwords-express|	Google-AdWords-Express
        |skroutz imagebot|	Skroutz ImageBot
        |tumblr/	Tumblr
        |upday/	upday
        |watchtowr|	watchTowr
        |prtg network monitor|	PRTG Network Monitor
        |geedoshopproductfinder|	GeedoShopProductFinder
        |watchforbot|	WatchForBot
        |listgembot|	ListGemBot
        |isonsearchbot|	IsonSearchBot
        |9bot/	9bot
        |isonai-user|	IsonAI-User
        |infosifter|	InfoSifter
        """#
}
